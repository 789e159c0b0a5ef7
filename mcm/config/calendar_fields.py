"""`windows:` and `freezes:` of mcm.yaml."""

from datetime import timedelta

from mcm.config.fields import Fields
from mcm.core.cron import Cron
from mcm.core.window import Freeze, Window
from mcm.core.zone import find_zone

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=31)
"""What a window may last; `Window` itself refuses the rest."""


def read_windows(root: Fields) -> tuple[dict[str, Window], tuple[str, ...]]:
    """Return the sound windows by name, and the names of all that are written.

    A stage that names a broken window is told about the window only.
    """
    if not root.has("windows"):
        return {}, ()
    named = root.named_mappings("windows")
    found = {name.text: _read_window(name.text, fields) for name, fields in named}
    sound = {name: window for name, window in found.items() if window is not None}
    return sound, tuple(found)


def _read_window(name: str, fields: Fields) -> Window | None:
    before = len(fields.problems)
    cron = fields.text("cron")
    duration = fields.duration("duration", at_least=SHORTEST, at_most=LONGEST)
    zone = read_zone(fields)
    if not cron:
        return None  # also where this is no mapping, which was said before we looked
    try:
        Cron.parse(cron)
    except ValueError as err:
        fields.refuse("cron", f"cannot be used: {err}")
    return Window(name, cron, duration, zone) if len(fields.problems) == before else None


def read_zone(fields: Fields) -> str:
    """Return the `timezone`, noting one that is not an IANA name."""
    zone = fields.text("timezone")
    if zone:
        try:
            find_zone(zone)
        except ValueError as err:
            fields.refuse("timezone", f"cannot be used: {err}")
    return zone


def read_freezes(root: Fields) -> tuple[Freeze, ...]:
    """Return the freezes as written; a broken one is noted and left out."""
    if not root.has("freezes"):
        return ()
    found: list[Freeze] = []
    seen: set[str] = set()
    for fields in root.mappings("freezes"):
        before = len(fields.problems)
        name = fields.text("name")
        if name in seen:
            fields.refuse("name", f"is given twice: {name}", "An exception names one freeze.")
        seen.add(name)
        start, end = fields.local_time("from"), fields.local_time("to")
        zone, reason = read_zone(fields), fields.text("reason")
        if len(fields.problems) > before:
            continue
        try:
            found.append(Freeze(name, start, end, zone, reason))
        except ValueError as err:
            fields.refuse("to", f"cannot be used: {err}")
    return tuple(found)
