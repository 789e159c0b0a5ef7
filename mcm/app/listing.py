"""All changes of a project in one line each; quick enough for hundreds of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from mcm.app.phase import OUTCOMES, UNDER_WAY, Phase
from mcm.app.status import ChangeStatus, StageStatus
from mcm.core.errors import Exit

_HEADING = re.compile(r"^(title|requester):[ \t]+(.+?)[ \t]*$", re.MULTILINE | re.ASCII)
_LOOK = 4096


@dataclass(frozen=True)
class Heading:
    """What a glance at a change.yaml tells."""

    title: str = ""
    requester: str = ""
    written_at: datetime | None = None
    """When the file was last written, None when unknown."""


@dataclass(frozen=True)
class Listed:
    change: str
    title: str
    owner: str
    """Its requester; empty when no file says."""
    state: Phase | None
    """The phase of `stage`; None when it cannot be told, see `problem`."""
    stage: str
    """The stage that matters most now; empty for a draft."""
    since: datetime | None
    """Since when it has been so."""
    problem: str
    exit: Exit


ReadHeading = Callable[[str], Heading]


def list_changes(statuses: Iterable[ChangeStatus], read_heading: ReadHeading) -> tuple[Listed, ...]:
    """Return one line for each change, in the order given.

    `read_heading` is asked only about changes without a readable plan.
    """
    return tuple(_listed(each, read_heading) for each in statuses)


def glance(text: str, written_at: datetime | None = None) -> Heading:
    """Return title and requester from the first lines of a change.yaml, without reading YAML.

    Only a plain or simply quoted value on the key's own line is seen; anything else gives
    an empty text. `mcm lint` reads the file properly.
    """
    found: dict[str, str] = {}
    for key, raw in _HEADING.findall(text[:_LOOK]):
        found.setdefault(key, _scalar(raw))
    return Heading(found.get("title", ""), found.get("requester", ""), written_at)


def _scalar(raw: str) -> str:
    if raw[0] in "\"'":
        inner = raw[1:-1]
        simple = len(raw) > 1 and raw[-1] == raw[0] and raw[0] not in inner and "\\" not in inner
        return inner if simple else ""
    return "" if raw[0] in "|>&*!{[" else re.split(r"[ \t]#", raw, maxsplit=1)[0].rstrip()


def _listed(each: ChangeStatus, read_heading: ReadHeading) -> Listed:
    heading = Heading() if each.edition else read_heading(each.change)
    main = _main_stage(each.stages)
    if main is not None:
        state, stage, since = main.phase, main.stage, main.since or each.last_at
    else:
        state, stage, since = Phase.DRAFT, "", heading.written_at or each.last_at
    return Listed(
        change=each.change,
        title=each.title or heading.title,
        owner=each.requester or heading.requester,
        state=None if each.problem else state,
        stage=stage,
        since=since,
        problem=each.problem,
        exit=each.exit,
    )


def _main_stage(stages: tuple[StageStatus, ...]) -> StageStatus | None:
    """The stage under way; else the worst that ended other than well; else the next one."""
    for stage in stages:
        if stage.phase in UNDER_WAY:
            return stage
    ended = [s for s in stages if s.phase in OUTCOMES and s.phase is not Phase.SUCCEEDED]
    waiting = [s for s in stages if s.phase not in OUTCOMES]
    return next(iter([*ended, *waiting, *reversed(stages)]), None)
