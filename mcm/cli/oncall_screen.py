"""On-call's screen as text: everything before the key, in 80 columns and 24 rows.

Pure: the same facts give the same lines. What is too much for the screen is counted, the
least needed first; the headline, what runs, where it goes and the prompt always stand.
Foreign text is cleaned here and nowhere before.
"""

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mcm.app.explain import SANDBOX_FIRST
from mcm.app.oncall import Facts
from mcm.app.oncall_alarms import clock
from mcm.cli.fold import fold
from mcm.core import commands
from mcm.core.duration import spell_wait
from mcm.core.revision import Revision
from mcm.core.sanitize import clean
from mcm.core.sentences.sentence import shorten

WIDTH, HEIGHT = 80, 24
_LABEL = 11


@dataclass(frozen=True)
class Where:
    """What the facts do not say: how this pipeline was found, and where calls go."""

    address: str
    found: str = ""
    """`as last time` when only that says which pipeline it is."""
    sandbox: bool = False


@dataclass(frozen=True)
class _Part:
    """A labelled part of the screen that can give lines away."""

    label: str
    lines: tuple[str, ...]
    least: int = 1
    """How many of its lines stay, however little room there is."""
    rest: str = "more"
    """What the lines are that had to go."""


def screen(
    facts: Facts, headline: str, where: Where, *, width: int = WIDTH, height: int = HEIGHT
) -> list[str]:
    """Return the screen without its last row, which is the prompt's."""
    inner = width - _LABEL
    head = [_cut(_title(facts, where), width), _cut(_place(facts, where), width)]
    told = _wrap(clean(shorten(headline), 400), width, 3)
    parts = [
        _vetoed(facts, inner),
        _now(facts, inner),
        _goes_to(facts, inner),
        _takes_back(facts, inner),
        _under_way(facts, inner),
        _expected(facts, inner),
        _by_hand(facts, where, inner),
    ]
    room = height - 1 - len(head) - len(told)
    lines = [_cut(line, width) for line in _fit([part for part in parts if part.lines], room)]
    # Rows to spare make it easier to read, the one around the headline first.
    below, above = ([""] if len(lines) + gap <= room else [] for gap in (1, 2))
    return [*head, *above, *told, *below, *lines]


def _fit(parts: list[_Part], room: int) -> list[str]:
    """Return the parts' lines, the least needed ones left out until they fit."""
    shown = [len(part.lines) for part in parts]
    spare = room - sum(shown)
    order = _by_need(parts)
    while spare < 0:
        index = next((i for i in order if shown[i] > parts[i].least), None)
        if index is None:
            break
        shown[index] -= 1
        spare += 1
    lines: list[str] = []
    for part, count in zip(parts, shown, strict=True):
        body = list(part.lines[:count])
        left = len(part.lines) - count
        if left and body:
            body[-1] = f"and {left + 1} {part.rest}" if count > 1 else f"{body[0]}; {left} more"
        lines += [
            f"{part.label if not number else '':<{_LABEL}}{text}"
            for number, text in enumerate(body)
        ]
    return lines[:room]


def _by_need(parts: Sequence[_Part]) -> list[int]:
    """Return the indexes of the parts, the one that may be shortened first in front."""
    order = ("takes back", "under way", "now", "goes to", "by hand", "takes")
    names = [part.label for part in parts]
    return [names.index(name) for name in order if name in names]


def _title(facts: Facts, where: Where) -> str:
    goal = facts.scene.goal
    mark = "SANDBOX  " if where.sandbox else ""
    name = clean(goal.stage, 40)
    stage = "" if goal.stage == goal.pipeline_stage else f"{clean(goal.pipeline_stage, 40)} of "
    place = f"{stage}{clean(goal.pipeline.name, 60)}, {clean(goal.pipeline.place.region, 30)}"
    return f"{mark}ROLL BACK {name}: {place}"


def _place(facts: Facts, where: Where) -> str:
    caller = facts.caller
    who = clean(caller.arn.rsplit("/", 1)[-1], 40) if caller else ""
    account = f", account {clean(caller.account, 12)} as {who}" if caller else ""
    found = f" ({where.found})" if where.found else ""
    return f"{clean(where.address, 60)}{account}{found}"


def _now(facts: Facts, width: int) -> _Part:
    held = facts.current
    since = _since(held.since, facts.scene.now, " since ", ", since when is unknown")
    first = f"{_id(held.execution)}{since}"
    whose = clean(facts.whose, 300) if facts.whose else "whose change it is is unknown"
    lines = [first, *_wrap(whose, width, 2), *_revisions(held.revisions, facts)]
    return _Part("now", tuple(lines), 2, "more of it")


def _vetoed(facts: Facts, width: int) -> _Part:
    told = clean(shorten(facts.scene.vetoed), 300)
    return _Part("VETOED", tuple(_wrap(told, width, 2)) if told else (), 2)


def _goes_to(facts: Facts, width: int) -> _Part:
    held = facts.target
    if not held.execution:
        return _Part("goes to", ("unknown",))
    since = _since(held.since, facts.scene.now, ", there from ", "")
    lines = [f"{_id(held.execution)}{since}"]
    lines += _revisions(held.revisions, facts)
    del width
    return _Part("goes to", tuple(lines), 1, "more of it")


def _takes_back(facts: Facts, width: int) -> _Part:
    del width
    if facts.commits is None:
        why = facts.why_unknown.get("executions") or "AWS names no revisions"
        return _Part("takes back", (f"unknown: {clean(why, 200)}",))
    many = len(facts.between)
    named = ", ".join(_id(each) for each in facts.between[:2]) + (", …" if many > 2 else "")
    beside = f" of {many + 1} executions ({named} between)" if many else ""
    if facts.git:
        more = " or more" if facts.git_more else ""
        first = f"{_count(facts.git)}{more} by the clone here{beside}, the newest first:"
        lines = [
            f"{_id(one.id)} {clean(one.author, 30)}: {clean(one.subject, 200)}" for one in facts.git
        ]
        return _Part("takes back", (first, *lines), 1, "more commits")
    if not facts.commits:
        return _Part("takes back", (f"the same revisions{beside}: only the deployment itself",))
    if not many:
        # These stand below `now` already: what is not there is what the target shares.
        kept = len(facts.current.revisions or ()) - len(facts.commits)
        stay = "1 source stays as it is" if kept == 1 else f"{kept} sources stay as they are"
        same = f"; {stay}" if kept else ""
        return _Part("takes back", (f"that one execution: {_count(facts.commits)}{same}",))
    lines = [f"{_count(facts.commits)}{beside}, the newest first:"]
    lines += [_revision(commit.revision) for commit in facts.commits]
    return _Part("takes back", tuple(lines), 1, "more commits")


def _count(commits: Sequence[object]) -> str:
    return f"{len(commits)} commit{'s' if len(commits) > 1 else ''}"


def _under_way(facts: Facts, width: int) -> _Part:
    lines = [
        line for each in facts.under_way for line in _wrap(clean(shorten(each), 200), width, 1)
    ]
    lines = lines or ["nothing else in this pipeline"]
    if facts.way_in:
        lines.append(clean(shorten(facts.way_in), 200))
    return _Part("under way", tuple(lines), 1, "more")


def _expected(facts: Facts, width: int) -> _Part:
    found = facts.expected
    del width
    if found is None:
        why = facts.why_unknown.get("past") or "nothing went through this stage before"
        return _Part("takes", (f"unknown: {clean(why, 200)}",))
    what = "rollback" if found.by_rollbacks else "deployment"
    last = f"the last {found.count} {what}s" if found.count > 1 else f"the last {what}"
    span = spell_wait(found.least)
    if found.least != found.most:
        span = f"{span} to {spell_wait(found.most)}"
    return _Part("takes", (f"about {spell_wait(found.middle)}: {last} here took {span}",))


def too_long(facts: Facts, *, width: int = WIDTH) -> tuple[str, ...]:
    """Return the plain `aws` lines when they do not fit the screen, to be shown above it."""
    plain = _plain(facts)
    fits = all(fold(command, width - _LABEL) is not None for command in plain)
    return () if fits else plain


def _plain(facts: Facts) -> tuple[str, ...]:
    goal = facts.scene.goal
    return commands.aws_rollback(goal.pipeline, goal.pipeline_stage, facts.target.execution)


def _by_hand(facts: Facts, where: Where, width: int) -> _Part:
    """The plain `aws` lines, folded so that they can be copied as they stand."""
    lines = [SANDBOX_FIRST] if where.sandbox else []
    for command in _plain(facts):
        folded = fold(command, width)
        if folded is None:
            return _Part(
                "by hand", ("the plain aws lines stand above: they are too long for here",)
            )
        lines += folded
    return _Part("by hand", tuple(lines), len(lines))


def _revisions(revisions: tuple[Revision, ...] | None, facts: Facts) -> Iterable[str]:
    if revisions is None:
        why = facts.why_unknown.get("executions") or "AWS names none"
        return [f"its revisions are unknown: {clean(why, 200)}"]
    return [_revision(each) for each in revisions]


def _revision(revision: Revision) -> str:
    first = revision.summary.strip().splitlines()
    return (
        f"{_id(revision.id)} {clean(revision.source, 30)}: {clean(first[0] if first else '', 200)}"
    )


def _id(text: str) -> str:
    """Shorten an id so that people can compare it: UUIDs and commits to eight characters."""
    short = shorten(text)
    if short == text and len(text) > 20 and all(c in "0123456789abcdef" for c in text):
        short = text[:8]
    return clean(short, 40) or "an unknown execution"


def _since(at: datetime | None, now: datetime, before: str, unknown: str) -> str:
    if at is None:
        return unknown
    ago = f" ({spell_wait(now - at)} ago)" if at <= now else ""
    return f"{before}{clock(at, now)}{ago}"


def _wrap(text: str, width: int, most: int) -> list[str]:
    """Break `text` between words into at most `most` lines."""
    lines = textwrap.wrap(text, width, break_on_hyphens=False) or [""]
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [_cut(line, width) for line in lines]


def _cut(line: str, width: int) -> str:
    """Return `line` in at most `width` columns; wide characters count twice."""
    if sum(map(_columns, line)) <= width:
        return line
    kept, used = [], 0
    for char in line:
        used += _columns(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + "…"


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
