"""Looking on at what others deploy, with no change and no plan of anybody's.

The fleet turns one `Observe` a stage. Its journal ends with the process, and what it is
given to act with cannot act: a goal that observes never asks it to.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mcm.app.fleet import Ending, Fleet, Trouble, Walk, poll_of
from mcm.app.observing import Observer
from mcm.app.ports import Clock, Listener
from mcm.app.seen import SeenStage
from mcm.app.writer import Writer
from mcm.core.alarm import AlarmDefinition
from mcm.core.checks.kinds import HEALTH
from mcm.core.endpoint import EndpointView
from mcm.core.history.goal import Observe
from mcm.core.history.instruction import Instruction, Outcome, Result
from mcm.core.history.journal import Entry
from mcm.core.judging.alarm_faults import counts_errors
from mcm.core.place import PipelineId
from mcm.core.plans.guardrails import name_guardrails
from mcm.core.plans.plan import FORMAT, Bake, Gate, Guardrail, Plan, StagePlan
from mcm.core.plans.service import Service, StageConfig
from mcm.store.memory import MemoryJournal

CHANGE = "OBSERVED"
"""What the journals of a bystander are of: no change."""
NOT_ASKED = frozenset({"command", "smoke", "person"})
"""Kinds of checks that do something, or wait for words about a plan: nobody's here."""
_NO_GATE = Gate(None, "")


class Nothing:
    """Implements `Perform` by carrying out nothing."""

    def perform(self, instruction: Instruction) -> Outcome:
        """Send nothing, and say so."""
        return Outcome(Result.NOT_SENT, f"{instruction.op} is not sent: mcm only observes", "", "")


@dataclass(frozen=True)
class Pace:
    """How often to look, how long reads lag, how long a deployment is watched."""

    poll: timedelta
    settle: timedelta
    bake: Bake


@dataclass(frozen=True)
class Seen:
    """What became of one stage under watch."""

    goal: Observe
    entries: tuple[Entry, ...]
    ending: Ending | Trouble | None
    """None while the watch goes on."""


def goal_of_survey(pipeline: PipelineId, version: int, seen: SeenStage, pace: Pace) -> Observe:
    """Return the goal for a stage that nobody has described: by what was found of it."""
    alarms = [each.definition for each in seen.alarms]
    found = [_alarms(alarms)] if alarms else []
    endpoints = [e.name if isinstance(e, EndpointView) else e for e in seen.endpoints]
    found += [_health(name, number) for number, name in enumerate(endpoints, 1)]
    traffic = seen.traffic if seen.requests else None
    samples = pace.bake.min_samples if traffic is not None else 0
    bake = Bake(pace.bake.lasts, samples, pace.bake.limit)
    stage = StagePlan(
        name=seen.name,
        pipeline_stage=seen.site.stage,
        place=seen.site.place,
        production=True,
        gate=_NO_GATE,
        window=None,
        traffic=traffic,
        bake=bake,
        guardrails=tuple(found),
        endpoints=(),
        expect=(),
        predecessor="",
        rollback_target="",
        approvals=1,
        stop_wait=timedelta(minutes=2),
        abandon=False,
    )
    return _goal(pipeline, version, "", stage, pace.poll, pace.settle)


def goal_of_config(
    service: Service, config: StageConfig, definitions: Mapping[str, Mapping[str, Any]]
) -> Observe:
    """Return the goal for a stage as mcm.yaml describes it."""
    named = name_guardrails(config.guardrails, definitions)
    stage = StagePlan(
        name=config.name,
        pipeline_stage=config.pipeline_stage,
        place=config.place,
        production=config.production,
        gate=_NO_GATE,
        window=None,
        traffic=config.traffic,
        bake=config.bake,
        guardrails=tuple(_by_health(each) for each in named if each.kind not in NOT_ASKED),
        endpoints=(),
        expect=(),
        predecessor="",
        rollback_target="",
        approvals=config.approvals,
        stop_wait=config.stop_wait,
        abandon=config.abandon,
    )
    return _goal(service.pipeline, 0, service.name, stage, service.poll, service.settle)


def _alarms(alarms: Sequence[AlarmDefinition]) -> Guardrail:
    """Watch all of them; those that count errors only are silent on a good day."""
    silent = [each.name for each in alarms if counts_errors(each)]
    params = {"names": [each.name for each in alarms], "silent_ok": silent}
    return Guardrail("alarms", "alarms", params, "roll_back")


def _health(name: str, number: int) -> Guardrail:
    called = "endpoint" if number == 1 else f"endpoint-{number}"
    return Guardrail(called, HEALTH, {"endpoint": name}, "roll_back")


def _by_health(guardrail: Guardrail) -> Guardrail:
    """Judge an endpoint by its health: what others meant to change nobody said."""
    if guardrail.kind != "sagemaker-endpoint":
        return guardrail
    return Guardrail(guardrail.name, HEALTH, guardrail.params, guardrail.on_breach)


def _goal(
    pipeline: PipelineId,
    version: int,
    service: str,
    stage: StagePlan,
    poll: timedelta,
    settle: timedelta,
) -> Observe:
    plan = Plan(
        format=FORMAT,
        change=CHANGE,
        title="",
        edition=1,
        realm="",
        service=service,
        template="",
        requester="",
        ticket="",
        pipeline=pipeline,
        pipeline_version=version,
        execution="",
        revisions=(),
        packages=(),
        stages=(stage,),
        freezes=(),
        poll=poll,
        settle=settle,
        answers=(),
        exceptions=(),
        definitions=(),
    )
    return Observe(plan)


def look_on(
    goals: Iterable[Observe],
    observer: Observer,
    clock: Clock,
    listen: Callable[[Observe], Listener],
    over: Callable[[Seen], None],
    *,
    once: bool = False,
) -> tuple[Seen, ...]:
    """Watch every stage until each has had its deployment, or look once; return what became.

    `over` is told of each as soon as it has ended, and of the rest when a person leaves.
    """
    journals: dict[Walk, MemoryJournal] = {}
    for goal in goals:
        listener, journal = listen(goal), MemoryJournal()
        writer = Writer(journal, CHANGE, listener.lost, kept=False)
        journals[Walk(goal, writer, listener)] = journal
    ended: dict[Walk, Ending | Trouble] = {}
    try:
        _turn_all(Fleet(observer, Nothing(), clock), journals, ended, over, once=once)
    except KeyboardInterrupt:
        for walk, journal in journals.items():
            if walk not in ended:
                over(_seen(walk, journal, None))
        raise
    return tuple(_seen(walk, each, ended.get(walk)) for walk, each in journals.items())


def _turn_all(
    fleet: Fleet,
    journals: Mapping[Walk, MemoryJournal],
    ended: dict[Walk, Ending | Trouble],
    over: Callable[[Seen], None],
    *,
    once: bool,
) -> None:
    """Turn each when it is due, until all have ended; a closed gate is looked at again."""
    clock = fleet.clock
    due = dict.fromkeys(journals, clock.now())
    while due:
        now = clock.now()
        for walk, step in fleet.turn([each for each, at in due.items() if at <= now]).items():
            if isinstance(step, Ending | Trouble):
                ended[walk] = step
                del due[walk]
                over(_seen(walk, journals[walk], step))
            else:
                due[walk] = step.until or clock.now() + poll_of(walk.goal)
        if once or not due:
            return
        clock.sleep_until(min(due.values()))


def _seen(walk: Walk, journal: MemoryJournal, ending: Ending | Trouble | None) -> Seen:
    assert isinstance(walk.goal, Observe)  # `look_on` made it of one
    return Seen(walk.goal, journal.entries(CHANGE), ending)
