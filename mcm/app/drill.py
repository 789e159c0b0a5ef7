"""The drill: deploy, breach and rollback of a plan, played on a twin with faults on the way.

Nothing is sent to AWS; it is read once to build the twin. What the twin assumes is part of
the report, because the report is worth no more than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mcm.app.drill_beside import assumed as assumed_beside
from mcm.app.drill_beside import left_out
from mcm.app.drill_stand import (
    Breach,
    EndlessError,
    Scenario,
    Stand,
    how_it_breaches,
    opening,
)
from mcm.app.notebook import note
from mcm.app.runner import Ending
from mcm.core.endpoint import EndpointView, differences
from mcm.core.errors import Exit
from mcm.core.history.journal import Draft, Journal
from mcm.core.query import EndpointQuery
from mcm.core.sanitize import clean
from mcm.sandbox.faults import Effect, Fault
from mcm.sandbox.twin_seen import Seen

STORM = timedelta(seconds=90)

SCENARIOS: Sequence[Scenario] = (
    Scenario("clean walk", breaches=False),
    Scenario("breach"),
    Scenario(
        "reply of RollbackStage lost",
        faults=(Fault(Effect.TIMEOUT_AFTER, operation="RollbackStage", times=1),),
    ),
    Scenario(
        "throttled for 90 s from the breach",
        on_breach=lambda now: Fault(Effect.THROTTLE, until=now + STORM),
    ),
    Scenario("killed after the stop", lingers=True, kills=True),
    Scenario(
        "may not close the way in",
        faults=(Fault(Effect.DENIED, operation="DisableStageTransition"),),
    ),
    Scenario("credentials expire in the bake", expires=True),
)
"""The first one must succeed, the others must end with the old content back."""


@dataclass(frozen=True)
class Row:
    """How one scenario ended."""

    scenario: str
    end: str
    """`succeeded`, `rolled back`, `held`, …"""
    is_right: bool
    back: timedelta | None
    """From the breach to the old content, in the twin's time; None where there is none."""
    writes: int
    """Writes that the twin carried out."""
    content: str
    """`verified`, `not verified`, `differs`, or `-` after a walk that went forward."""
    detail: str
    """Why it ended; one clause."""


@dataclass(frozen=True)
class Report:
    """What a drill of one stage showed."""

    change: str
    plan: str
    """Digest of the plan that was played."""
    edition: int
    stage: str
    seed: int
    at: datetime
    rows: tuple[Row, ...]
    assumed: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether every scenario ended as it must."""
        return all(row.is_right for row in self.rows)

    @property
    def exit(self) -> Exit:
        """NEEDS_PERSON if a rollback would not be reached, HELD if only the clean walk would."""
        if self.is_right:
            return Exit.DONE
        only_clean = all(row.is_right for row in self.rows[1:])
        return Exit.HELD if only_clean else Exit.NEEDS_PERSON

    def to_value(self) -> dict[str, Any]:
        """Return the canonical value that the journal keeps and `--json` prints."""
        return {
            "plan": self.plan,
            "edition": self.edition,
            "stage": self.stage,
            "seed": self.seed,
            "on": "twin",
            "right": self.is_right,
            "scenarios": [_row_value(row) for row in self.rows],
            "assumed": list(self.assumed),
        }


def drill(
    seen: Seen, now: datetime, *, seed: int = 1, scenarios: Sequence[Scenario] = SCENARIOS
) -> Report:
    """Play scenarios, each on a twin of what was seen; nothing but memory is written."""
    start, when = opening(seen.plan, seen.stage, now)
    assumed: tuple[str, ...] = (
        *((when,) if when else ()),
        *left_out(seen.stage),
        *assumed_beside(seen.stage),
    )
    rows = []
    way = how_it_breaches(seen.stage)
    for scenario in scenarios:
        if scenario.expires and way is Breach.BY_HAND:
            continue  # a person who takes it back by hand has credentials that work
        stand = Stand(seen, scenario, start, seed)
        rows.append(_play(stand))
        assumed = tuple(dict.fromkeys((*assumed, *stand.twin.assumed)))
    assumed = (*assumed, f"the breach shows in {way.value}")
    plan = seen.plan
    return Report(
        plan.change, plan.digest, plan.edition, seen.stage.name, seed, now, tuple(rows), assumed
    )


def record_drill(journal: Journal, report: Report) -> None:
    """Attach a report to the record of its change."""
    note(journal, report.change, Draft("drill", report.to_value(), report.at))


def _play(stand: Stand) -> Row:
    queries = {name: EndpointQuery(stand.stage.place, name) for name in stand.stage.endpoints}
    before = stand.observer().observe(queries.values(), stand.plan.poll)
    try:
        ending = stand.play()
    except EndlessError as err:
        ending = Ending(Exit.NEEDS_PERSON, f"{err}: {stand.last_word}")
    # Whatever fault is still on, the twin itself tells what serves.
    stand.twin.engine.faults.clear()
    after = stand.observer().observe(queries.values(), stand.plan.poll)
    changed: list[str] = []
    for query in queries.values():
        was, now = before.known(query, EndpointView), after.known(query, EndpointView)
        if was is None or now is None:
            changed.append(f"{query.name} cannot be read")
        else:
            changed += differences(was.content, now.content)
    return _judge(stand, ending, tuple(changed))


def _judge(stand: Stand, ending: Ending, changed: tuple[str, ...]) -> Row:
    known, scenario = stand.known, stand.scenario
    writes = len(stand.twin.engine.log.accepted())
    gate = f"{ending.gate}: " if ending.gate else ""
    detail = clean(f"{gate}{ending.reason}", 300)
    last = known.rollbacks[-1] if known.rollbacks else None
    if last is None:
        is_right = not scenario.breaches and ending.exit is Exit.DONE
        if scenario.breaches and ending.exit is Exit.DONE:
            detail = "no guardrail was crossed before the bake was over"
        return Row(scenario.name, _end(ending), is_right, None, writes, "-", detail)
    back_at = stand.twin.switches.back_at()
    since = known.breached_at or last.at
    back = max(back_at - since, timedelta(0)) if back_at else None
    content = {"yes": "verified", "differs": "differs"}.get(last.verified, "not verified")
    once = len(stand.twin.engine.log.accepted("RollbackStage")) == 1
    reached = last.outcome == "rolled_back" and last.verified != "differs" and not changed
    if changed:
        detail = f"{detail}; {changed[0]}"
    is_right = scenario.breaches and reached and once and back is not None
    end = "rolled back" if last.outcome == "rolled_back" else _end(ending)
    return Row(scenario.name, end, is_right, back, writes, content, detail)


def _end(ending: Ending) -> str:
    words = {Exit.DONE: "succeeded", Exit.ROLLED_BACK: "rolled back", Exit.BLIND: "blind"}
    if ending.gate:
        return "held"
    return words.get(ending.exit, ending.exit.name.lower().replace("_", " "))


def _row_value(row: Row) -> dict[str, Any]:
    value: dict[str, Any] = {
        "name": row.scenario,
        "end": row.end,
        "right": row.is_right,
        "writes": row.writes,
        "content": row.content,
        "detail": row.detail,
    }
    if row.back is not None:
        value["back_ms"] = int(row.back / timedelta(milliseconds=1))
    return value
