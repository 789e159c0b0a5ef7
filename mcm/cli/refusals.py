"""Commands that go forward: whatever refuses them is journaled when they end."""

import functools
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcm.core.errors import McmError, RefusedError

if TYPE_CHECKING:
    from mcm.cli.compose import Project


def journaled(command: Callable[..., int]) -> Callable[..., int]:
    """Return `command` so that a refusal which ends it leaves an entry in its change's journal.

    The change is found anew, since the refusal may have come before it was known; where
    none can be found there is no journal to write in.
    """

    @functools.wraps(command)
    def run(*args: Any, **options: Any) -> int:
        try:
            return command(*args, **options)
        except RefusedError as err:
            if not options.get("dry_run"):
                with suppress(McmError, OSError):
                    _note(err, options)
            raise

    return run


def _note(err: RefusedError, options: dict[str, Any]) -> None:
    from mcm.app.refusals import note_error
    from mcm.cli.compose import Project
    from mcm.cli.wired import visit

    profile = options.get("profile")
    project = Project.here(profile=profile)
    change = project.pick_change(options.get("change"))
    named = options.get("stage") or ""
    stage = named if isinstance(named, str) else ", ".join(named)
    visit(project, change)
    by = _who(project, profile)
    note_error(project.journal, change, stage, by, err, project.clock.now())


def _who(project: "Project", profile: str | None) -> str:
    from mcm.cli.saying import said_by

    try:
        return said_by(project, profile)
    except (McmError, OSError):
        return profile or ""
