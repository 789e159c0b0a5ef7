"""`make fuzz`: each reader for a while, by atheris; what breaks one is printed as bytes.

    python -m tests.fuzz TARGET SECONDS FOLDER

One target a process, since libFuzzer ends it. `FOLDER` keeps what was found interesting,
so that a later run begins where this one ended.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["mcm", "yaml"]):
    from tests.fuzz.seeds import SEEDS
    from tests.fuzz.targets import feed


def main() -> None:
    """Fuzz the target of the command line for its seconds."""
    name, seconds, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]) / sys.argv[1]
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]()):
        (folder / f"seed-{number}").write_bytes(seed)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-verbosity=0"]
    options += [f"-artifact_prefix={folder}/", "-print_final_stats=1", "-rss_limit_mb=2048"]
    atheris.Setup([name, *options, str(folder)], lambda data: feed(name, bytes(data)))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
