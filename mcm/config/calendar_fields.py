"""`windows:`, `freezes:` and `calendars:` of mcm.yaml, and the `window:` of a stage."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from mcm.config.fields import Fields
from mcm.config.strict_yaml import ScalarNode
from mcm.core.windows.cron import Cron
from mcm.core.windows.hours import CHANGE_CALENDAR, HOLIDAYS, ICS, CalendarSource, Hours, LowTraffic
from mcm.core.windows.window import Freeze, Once, Window
from mcm.core.windows.zone import find_zone

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=31)
"""What a window may last; `Window` itself refuses the rest."""
RESERVE_MOST = timedelta(hours=12)
OVER_MOST = timedelta(hours=3)
"""Traffic longer ago than that is not current."""

_COUNTRY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_FILE = re.compile(r"(?!/|.*\.\./)[^\0\n\r]{1,200}\.ics", re.ASCII)
_DOCUMENT = re.compile(r"[A-Za-z0-9_.:/-]{3,200}", re.ASCII)
_KINDS = {
    HOLIDAYS: (_COUNTRY, "US or DE-BY, a country or its part as ISO 3166 has them"),
    ICS: (_FILE, "calendars/no-deploys.ics, a file below the directory of mcm.yaml"),
    CHANGE_CALENDAR: (_DOCUMENT, "arn:aws:ssm:us-east-1:111111111111:document/quiet"),
}


@dataclass(frozen=True)
class Times:
    """What a stage's `window` may refer to; the names of the broken ones too."""

    windows: Mapping[str, Window | Once]
    calendars: Mapping[str, CalendarSource]
    names: tuple[str, ...]
    """All that are written: what is broken was told where it stands."""


def read_times(root: Fields) -> Times:
    """Return the sound windows and calendars by name, and the names of all."""
    windows = _read_all(root, "windows", _read_window)
    calendars = _read_all(root, "calendars", _read_calendar)
    for twice in sorted(set(windows) & set(calendars)):
        root.refuse("calendars", f"has {twice!r}, which is a window's name, too")
    return Times(
        {name: each for name, each in windows.items() if isinstance(each, Window | Once)},
        {name: each for name, each in calendars.items() if isinstance(each, CalendarSource)},
        (*windows, *calendars),
    )


def read_hours(fields: Fields, times: Times, reserve: timedelta) -> Hours | None:
    """Return when a stage may be promoted; None when it does not say.

    `window: NAME`, or a mapping of `allow`, `deny`, `reserve` and `low_traffic`. `reserve`
    is what holds where it says nothing of it.
    """
    if not fields.has("window"):
        return None
    if isinstance(fields.place_of("window"), ScalarNode):
        return _named(fields, "window", (fields.text("window"),), times, reserve)
    inner = fields.mapping("window")
    allow = inner.texts("allow") if inner.has("allow") else ()
    deny = inner.texts("deny") if inner.has("deny") else ()
    _refuse_unknown(inner, "deny", deny, times.names)
    for name in deny:
        if name in times.windows:
            inner.refuse("deny", f"names {name}, a window: write it under `freezes:`, or as `ics`")
    if inner.has("reserve"):
        reserve = inner.duration("reserve", at_most=RESERVE_MOST)
    found = _named(inner, "allow", allow, times, reserve)
    return Hours(
        found.windows, found.once, found.allow, deny, reserve, _read_low_traffic(inner, fields)
    )


def _named(
    fields: Fields, key: str, names: tuple[str, ...], times: Times, reserve: timedelta
) -> Hours:
    _refuse_unknown(fields, key, names, times.names)
    for name in names:
        found = times.calendars.get(name)
        if found is not None and found.kind != ICS:
            hint = "Only the events of an `ics` open a stage; name this one under `deny`."
            fields.refuse(key, f"names {name}, which says when not to promote", hint)
    windows = [times.windows[name] for name in names if name in times.windows]
    return Hours(
        tuple(each for each in windows if isinstance(each, Window)),
        tuple(each for each in windows if isinstance(each, Once)),
        tuple(name for name in names if name in times.calendars),
        reserve=reserve,
    )


def _refuse_unknown(
    fields: Fields, key: str, names: tuple[str, ...], known: tuple[str, ...]
) -> None:
    for name in names:
        if name and name not in known:
            hint = f"It has: {', '.join(known)}." if known else "Describe it under `windows:`."
            fields.refuse(key, f"is {name[:40]!r}, which `windows` does not have", hint)


def _read_low_traffic(inner: Fields, stage: Fields) -> LowTraffic | None:
    if not inner.has("low_traffic"):
        return None
    fields = inner.mapping("low_traffic")
    most = fields.integer("per_minute", at_least=0)
    over = fields.duration("over", at_least=timedelta(minutes=1), at_most=OVER_MOST)
    if not stage.has("traffic"):
        hint = "Name the metric as `traffic:`."
        inner.refuse("low_traffic", "needs the stage's `traffic` to know how much there is", hint)
    return LowTraffic(most, over)


def _read_all(root: Fields, key: str, read: Callable[[str, Fields], object]) -> dict[str, object]:
    entries = root.named_mappings(key) if root.has(key) else ()
    return {name.text: read(name.text, fields) for name, fields in entries}


def _read_window(name: str, fields: Fields) -> Window | Once | None:
    before = len(fields.problems)
    if fields.has("from"):
        start, end, zone = fields.local_time("from"), fields.local_time("to"), read_zone(fields)
        if len(fields.problems) > before:
            return None
        try:
            return Once(name, start, end, zone)
        except ValueError as err:
            fields.refuse("to", f"cannot be used: {err}")
            return None
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


def _read_calendar(name: str, fields: Fields) -> CalendarSource | None:
    before = len(fields.problems)
    kinds = [kind for kind in _KINDS if fields.has(kind)]
    if len(kinds) != 1:
        fields.problems.add(
            fields.node,
            f"`{fields.where}` must have one of {', '.join(_KINDS)}",
            "Write each calendar under a name of its own.",
        )
        return None
    (kind,) = kinds
    form, like = _KINDS[kind]
    source = fields.text(kind, form=form, like=like)
    zone = "" if kind == CHANGE_CALENDAR else read_zone(fields)
    return CalendarSource(name, kind, source, zone) if len(fields.problems) == before else None


def read_zone(fields: Fields) -> str:
    """Return the `timezone`, noting one that is not an IANA name."""
    zone = fields.text("timezone")
    if zone:
        try:
            find_zone(zone)
        except ValueError as err:
            fields.refuse("timezone", f"cannot be used: {err}")
    return zone


def read_freezes(root: Fields, taken: tuple[str, ...] = ()) -> tuple[Freeze, ...]:
    """Return the freezes as written; a broken one is noted and left out.

    `taken` are the names of calendars: an exception names one freeze or one of them.
    """
    if not root.has("freezes"):
        return ()
    found: list[Freeze] = []
    seen = set(taken)
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
