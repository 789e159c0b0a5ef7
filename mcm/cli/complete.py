"""Shell completion: the stages and changes of the project, from its files alone.

The shell asks at each Tab, so nothing here reads AWS or a journal, prints, or raises:
without a project, or with files that cannot be read, there is nothing to offer. mcm.yaml
is read without judging it, for a rollback works with a broken one too.
"""

import re
from collections.abc import Iterable
from pathlib import Path


def stage_names(incomplete: str) -> list[str]:
    """Return the names of mcm.yaml's stages that begin with `incomplete`, in its order."""
    import yaml

    from mcm.cli.compose import find_root
    from mcm.cli.folder import CONFIG

    try:
        data = yaml.safe_load((find_root(Path.cwd()) / CONFIG).read_bytes())
        names = [str(stage["name"]) for stage in data["stages"]]
    except Exception:  # noqa: BLE001 - no file, no YAML, another shape: nothing to offer
        return []
    return _offered(names, incomplete)


def change_ids(incomplete: str) -> list[str]:
    """Return the ids of the changes that have a change.yaml and begin with `incomplete`."""
    from mcm.cli.compose import Project

    try:
        found = Project.here().change_ids()
    except Exception:  # noqa: BLE001 - as above
        return []
    return _offered(found, incomplete)


def states(incomplete: str) -> list[str]:
    """Return the states of a change that begin with `incomplete`."""
    from mcm.app.listing import STATES

    return _offered(STATES, incomplete)


def check_names(incomplete: str) -> list[str]:
    """Return the names of mcm's checks and the project's that begin with `incomplete`."""
    from mcm.data import data_names

    names = {name.removesuffix(".yaml") for name in data_names("checks")}
    try:
        from mcm.app.own_checks import own_names
        from mcm.cli.compose import find_root

        names |= set(own_names(find_root(Path.cwd())))
    except Exception:  # noqa: BLE001, S110 - as above; mcm's own are offered all the same
        pass
    return _offered(sorted(names), incomplete)


def template_names(incomplete: str) -> list[str]:
    """Return the names of mcm's own templates that begin with `incomplete`."""
    from mcm.core.plans.questions import TEMPLATES

    return _offered(TEMPLATES, incomplete)


def _offered(words: Iterable[str], incomplete: str) -> list[str]:
    """Leave out what is no plain word: the files may be anybody's, and a shell reads this."""
    plain = (word for word in words if re.fullmatch(r"[A-Za-z0-9._-]+", word))
    return [word for word in plain if word.startswith(incomplete)]
