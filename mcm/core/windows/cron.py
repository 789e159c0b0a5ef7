"""Vixie cron in local time: when a window starts.

Five fields: minute, hour, day of month, month, day of week. A field is a list of `*`,
numbers, names (`jan`, `mon`), ranges and steps. If neither day field starts with `*`,
a day matches when *either* does; otherwise both must match, as cron(8) by Paul Vixie
has it. Sunday is 0 and 7. There are no zones here: a `Cron` knows local
times only, and `zone` turns them into instants.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
WEEKDAYS = (*_WEEKDAYS[1:], _WEEKDAYS[0])
"""As `date.weekday` counts them, from Monday."""
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ITEM = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,4}))?", re.ASCII)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Field:
    """One of the five fields: its numbers, and the names that stand for them."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        words = f" or {self.names[0]}-{self.names[-1]}" if self.names else ""
        return f"{self.name} takes {self.low}-{self.high}{words}, *, lists, ranges and /steps"


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """A schedule of local minutes; build it with `Cron.parse`."""

    minutes: tuple[int, ...]
    """Minutes of the day at which it fires (hour * 60 + minute), ascending; never empty."""
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday, 6 Saturday."""
    either: bool
    """Both day fields are restricted, so one of them is enough."""

    @classmethod
    def parse(cls, text: str) -> "Cron":
        """Read five fields; raise ValueError naming the field and what it allows.

        A schedule that no calendar can meet (30 February) is refused too.
        """
        parts = text.split()
        if len(parts) != len(_FIELDS):
            raise ValueError(
                f"cron {text[:80]!r} has {len(parts)} fields: write 5, "
                "minute hour day-of-month month day-of-week, such as 0 2 * * tue-thu"
            )
        minutes, hours, days, months, weekdays = (
            _values(field, part) for field, part in zip(_FIELDS, parts, strict=True)
        )
        either = not parts[2].startswith("*") and not parts[4].startswith("*")
        if not either and all(min(days) > _LONGEST[month - 1] for month in months):
            raise ValueError(f"cron {text[:80]!r} never happens: day of month is past the month")
        return cls(
            minutes=tuple(sorted(hour * 60 + minute for hour in hours for minute in minutes)),
            days=days,
            months=months,
            weekdays=frozenset(day % 7 for day in weekdays),
            either=either,
        )

    def matches(self, local: datetime) -> bool:
        """Say whether it fires in the minute of `local` (naive local time)."""
        return local.hour * 60 + local.minute in self.minutes and self._on(local.date())

    def starts(self, after: datetime, days: int) -> Iterator[datetime]:
        """Yield the local starts later than `after`, ascending, for so many days of calendar."""
        skip = bisect_right(self.minutes, after.hour * 60 + after.minute)
        for ahead in range(days + 1):
            day = after.date() + ahead * _DAY
            if self._on(day):
                for minute in self.minutes[0 if ahead else skip :]:
                    yield _at(day, minute)

    def last(self, until: datetime, days: int) -> datetime | None:
        """Return the newest local start at or before `until`, looking so many days back."""
        kept = bisect_right(self.minutes, until.hour * 60 + until.minute)
        for back in range(days + 1):
            day = until.date() - back * _DAY
            times = self.minutes if back else self.minutes[:kept]
            if times and self._on(day):
                return _at(day, times[-1])
        return None

    def _on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        of_month = day.day in self.days
        of_week = day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either else of_month and of_week


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(*divmod(minute, 60)))


def _values(field: _Field, part: str) -> frozenset[int]:
    values: set[int] = set()
    for item in part.split(","):
        values.update(_item(field, item))
    return frozenset(values)


def _item(field: _Field, item: str) -> range:
    found = _ITEM.fullmatch(item)
    if found is None:
        raise _refuse(field, item)
    star, first, last, step = found.groups()
    if step is not None and not (star or last):
        raise _refuse(field, item, f"a step needs a range: write {first}-{field.high}/{step}")
    if step is not None and int(step) == 0:
        raise _refuse(field, item, "a step of 0 never moves")
    # A star in the day of week is 0-6: with 7 in it, */7 would name Sunday twice.
    high = 6 if star and field.names == _WEEKDAYS else field.high
    low = field.low if star else _number(field, item, first)
    if not star:
        high = low if last is None else _number(field, item, last)
    if last is not None and last.lower() == "sun" and low > 0:
        high = 7
    if low > high:
        raise _refuse(field, item, "the range runs backwards")
    return range(low, high + 1, int(step or 1))


def _number(field: _Field, item: str, word: str) -> int:
    if word.lower() in field.names:
        return field.low + field.names.index(word.lower())
    if not word.isdigit() or len(word) > 2 or not field.low <= int(word) <= field.high:
        raise _refuse(field, item)
    return int(word)


def _refuse(field: _Field, item: str, why: str = "") -> ValueError:
    reason = f"{why}; " if why else ""
    return ValueError(f"cron {field.name} {item[:40]!r} is not valid: {reason}{field.allowed}")


def spell_weekdays(days: Sequence[int]) -> str:
    """Write ascending weekdays, 0 for Monday, as cron does: `tue-thu`, `mon,wed` or `*`."""
    if len(days) == 7:
        return "*"
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    words = [
        WEEKDAYS[run[0]] if len(run) == 1 else f"{WEEKDAYS[run[0]]}-{WEEKDAYS[run[-1]]}"
        for run in runs
    ]
    return ",".join(words)
