"""The example project that `mcm sandbox up` writes: one service and two changes of it.

The files are real ones, beside this module; only the window's start is filled in, so
that it opened an hour before the sandbox came up. The realm is said in them, and the
short times they use are refused for AWS.
"""

from datetime import UTC, datetime, timedelta
from importlib.resources import files

FILES = ("mcm.yaml", "changes/CM-0001/change.yaml", "changes/CM-0002/change.yaml")
_WINDOW = "{{window_cron}}"


def example_files(now: datetime) -> dict[str, str]:
    """Return the project's files: text by path relative to the project, `/` between parts.

    The window opens each day at the minute an hour before `now` (aware), in UTC.
    """
    opened = now.astimezone(UTC) - timedelta(hours=1)
    cron = f"{opened.minute} {opened.hour} * * *"
    root = files(__name__) / "files"
    return {
        path: root.joinpath(*path.split("/")).read_text(encoding="utf-8").replace(_WINDOW, cron)
        for path in FILES
    }
