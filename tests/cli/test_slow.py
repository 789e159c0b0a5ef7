"""The sample of `smoke`: a plain file below the project, and nothing that makes one wait."""

import os
from pathlib import Path

import pytest

from mcm.cli.slow import read_sample


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"{}")
    assert read_sample(tmp_path, "x.json") == b"{}"


def test_a_pipe_makes_nobody_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="plain file"):
        read_sample(tmp_path, "pipe")


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b"{}")
    (tmp_path / "link").symlink_to("x.json")
    with pytest.raises(OSError, match="symbolic link"):
        read_sample(tmp_path, "link")
