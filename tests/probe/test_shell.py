"""A shell line of a runbook: a small environment, a time limit, a tail, one run."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from mcm.core.runbooks.shell import KEPT, kept_tail
from mcm.probe.shell import LocalShell

LONG = timedelta(seconds=20)


def shell(shown: list[str] | None = None, **environ: str) -> LocalShell:
    into = [] if shown is None else shown
    return LocalShell(into.append, {"PATH": "/usr/bin:/bin", **environ})


def test_it_gives_the_exit_status_and_shows_what_is_printed_as_it_comes() -> None:
    shown: list[str] = []
    ran = shell(shown).run("echo out; echo err >&2; exit 3", LONG)
    assert (ran.status, ran.why) == (3, "exit status 3")
    assert ran.tail == "".join(shown) == "out\nerr\n"


def test_success_has_no_reason() -> None:
    ran = shell().run("true", LONG)
    assert (ran.status, ran.tail, ran.why) == (0, "", "")


def test_the_environment_is_small_and_has_no_address_of_aws() -> None:
    environ = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_CODEPIPELINE": "http://127.0.0.1:1",
        "LD_PRELOAD": "/nowhere.so",
        "WEBHOOK": "secret",
        "AWS_PROFILE": "prod",
    }
    ran = shell(**environ).run("env | cut -d= -f1 | sort | tr '\\n' ' '", LONG)
    names = set(ran.tail.split()) - {"PWD", "SHLVL", "_", "OLDPWD"}
    assert names == {"PATH", "AWS_PROFILE", "AWS_PAGER", "PAGER"}


def test_what_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    line = f"(sleep 3; touch {mark}) & sleep 30"
    ran = shell().run(line, timedelta(seconds=0.3))
    assert ran.status is None
    assert "took longer" in ran.why
    assert not mark.exists()


def test_what_a_signal_ends_has_no_status() -> None:
    ran = shell().run("kill -9 $$", LONG)
    assert (ran.status, ran.why) == (None, "it was ended by signal 9")


def test_the_tail_is_the_end_and_the_line_is_cut_and_clean() -> None:
    ran = shell().run("i=0; while [ $i -lt 3000 ]; do echo line$i; i=$((i+1)); done", LONG)
    assert ran.tail.endswith("line2999\n")
    kept = kept_tail(ran.tail + "\x1b[31mred")
    assert len(kept) == KEPT
    assert kept.startswith("…")
    assert kept.endswith("line2999 / \\u{1b}[31mred")


@pytest.mark.parametrize(
    "text",
    [
        '"token": "1b3c5d7e-0000-4000-8000-000000000000",',
        "AWS_SECRET_ACCESS_KEY=abcd/efgh",
        "sessionToken: abc",
        "AKIAIOSFODNN7EXAMPLE",
    ],
)
def test_secrets_are_not_kept(text: str) -> None:
    kept = kept_tail(f"before {text} after")
    assert "***" in kept
    assert not re.search("1b3c|abcd|abc|FODNN", kept)
    assert kept.startswith("before")
    assert kept.endswith("after")
