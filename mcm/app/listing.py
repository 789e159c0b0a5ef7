"""All changes of a project in one line each; quick enough for hundreds of them."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from mcm.app.phase import OUTCOMES, UNDER_WAY, Phase
from mcm.app.standing import ChangeStatus, StageStatus
from mcm.core.errors import Exit
from mcm.core.naming import fold
from mcm.core.trust.counting import loosely

_HEADING = re.compile(r"^(title|requester):[ \t]+(.+?)[ \t]*$", re.MULTILINE | re.ASCII)
_LOOK = 4096


@dataclass(frozen=True)
class Heading:
    """What a glance at a change.yaml tells."""

    title: str = ""
    requester: str = ""
    written_at: datetime | None = None
    """When the file was last written, None when unknown."""
    problem: str = ""
    """Why no plan can be made of it, in one line; empty when one may."""


@dataclass(frozen=True)
class Listed:
    change: str
    title: str
    owner: str
    """Its requester; empty when no file says."""
    state: Phase | None
    """The phase of `stage`; None when plan, journal or change.yaml are broken, see `problem`."""
    stage: str
    """The stage that matters most now; empty for a draft."""
    since: datetime | None
    """Since when it has been so."""
    problem: str
    exit: Exit
    is_open: bool = True
    """Whether anything is left to do."""


ReadHeading = Callable[[str], Heading]


@dataclass(frozen=True)
class Wanted:
    """What of the list somebody wants to see; everything by default."""

    states: frozenset[str] = frozenset()
    """Words for phases, as `state_word` spells them; `unknown` for what cannot be read."""
    stage: str = ""
    """Changes of this stage, and each as it stands there."""
    owner: str = ""
    open_only: bool = False

    def takes(self, one: Listed) -> bool:
        """Say whether `one` is wanted, its stage aside."""
        return (
            (not self.states or state_word(one) in self.states)
            and (not self.owner or loosely(self.owner) == loosely(one.owner))
            and (one.is_open or not self.open_only)
        )


EVERYTHING = Wanted()
STATES = (*(phase.value for phase in Phase if phase is not Phase.UNKNOWN), "unknown")


def state_word(one: Listed) -> str:
    """Return the state as `--json` and filters spell it."""
    return one.state.value if one.state else "unknown"


def list_changes(
    statuses: Iterable[ChangeStatus], read_heading: ReadHeading, wanted: Wanted = EVERYTHING
) -> tuple[Listed, ...]:
    """Return one line for each change that is wanted.

    What is open comes first, and of both the one that moved last: who looks at three
    hundred wants the ones of today. `read_heading` is asked only about changes without a
    readable plan.
    """
    here = (_at_stage(each, wanted.stage) for each in statuses)
    found = [_listed(each, read_heading) for each in here if each is not None]
    chosen = [one for one in found if wanted.takes(one)]
    return tuple(sorted(chosen, key=lambda one: (not one.is_open, _newest_first(one), one.change)))


def _newest_first(one: Listed) -> float:
    return -one.since.timestamp() if one.since else 0.0


def _at_stage(each: ChangeStatus, stage: str) -> ChangeStatus | None:
    """Return the change as it stands at one stage; None when it is not about it."""
    if not stage:
        return each
    mine = tuple(one for one in each.stages if fold(one.stage) == fold(stage))
    return replace(each, stages=mine) if mine else None


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
    problem = each.problem or heading.problem
    return Listed(
        change=each.change,
        title=each.title or heading.title,
        owner=each.requester or heading.requester,
        state=None if problem else state,
        stage=stage,
        since=since,
        problem=problem,
        exit=Exit.USAGE if heading.problem and not each.problem else each.exit,
        is_open=each.is_open,
    )


def _main_stage(stages: tuple[StageStatus, ...]) -> StageStatus | None:
    """The stage under way; else the worst that ended other than well; else the next one."""
    for stage in stages:
        if stage.phase in UNDER_WAY:
            return stage
    ended = [s for s in stages if s.phase in OUTCOMES and s.phase is not Phase.SUCCEEDED]
    waiting = [s for s in stages if s.phase not in OUTCOMES]
    return next(iter([*ended, *waiting, *reversed(stages)]), None)
