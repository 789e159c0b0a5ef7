"""After the promotion: what the guardrails and the pipeline say, and the bake."""

from dataclasses import replace
from datetime import datetime, timedelta

from mcm.core.checks import kinds
from mcm.core.checks.sagemaker_endpoint import SILENTLY_ROLLED_BACK
from mcm.core.duration import spell
from mcm.core.endpoint import EndpointView
from mcm.core.errors import Exit
from mcm.core.history import attempts, vetoed
from mcm.core.history.goal import GoForward
from mcm.core.history.journal import Draft
from mcm.core.history.state import StageState, State, Tally
from mcm.core.history.turn import Done, Hold, Turn, Wait
from mcm.core.judging import limits
from mcm.core.pipeline import ENDED_BADLY, RUNNING, SUCCEEDED, PipelineView, StageView
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.query import EndpointQuery, PipelineQuery
from mcm.core.reading import Readings
from mcm.core.verdict import Kind, Verdict
from mcm.core.walking import halting, notes, occupancy, sight, unread
from mcm.core.walking.bake import judge_bake

LONG = timedelta(hours=1)
"""How long a deployment may run before a person hears of it; it is watched on."""
BLIND_FOR = timedelta(minutes=5)
"""How long a bake may see nothing before it calls a person (and goes on when resumed)."""


def decide(
    goal: GoForward, stage: StagePlan, state: State, readings: Readings, now: datetime
) -> Turn:
    """Return the next step of a stage that has been promoted.

    A breach comes first: it is noted even while the pipeline cannot be read. But what the
    guardrails say of somebody else's execution is no reason to go back: who is in the
    stage is then the question (AWS-RULES 12).
    """
    known = state.stage(stage.name)
    query = PipelineQuery(goal.plan.pipeline)
    view = readings.known(query, PipelineView)
    seen = view.stage(stage.pipeline_stage) if view else None
    samples = sight.samples(sight.traffic(goal.plan, stage, known), readings)
    verdicts, tallies = _judge(goal.plan, stage, state, seen, samples, readings, now)
    known = replace(known, tallies={**known.tallies, **tallies})
    gaps = unread.judge_gaps(stage, known, verdicts, now, goal.plan.poll)
    ours = seen is None or seen.execution in (goal.plan.execution, known.found)
    turn = _breach(stage, known, verdicts, now) if ours else None
    if known.abort is not None and (turn is None or isinstance(turn.next, Hold)):
        turn = halting.after_promotion(goal, stage, state, known.abort, seen, now)
    if turn is None:
        why = _blindness(seen, verdicts, readings) or (
            "" if seen else readings.why_unknown(query) or "the pipeline has no such stage"
        )
        if why or seen is None:
            turn = _unseen(goal, stage, known, readings, why, now)
        else:
            turn = (
                occupancy.decide(goal, stage, state, seen, readings, now)
                or _over_limit(stage, known, verdicts)
                or (Turn((), Wait(now, "the bake begins again")) if gaps else None)
                or _watch_over(goal, stage, state, seen, samples, verdicts, readings, now)
            )
            if known.blind_since is not None:
                turn = replace(turn, entries=(notes.sight(stage, "", now), *turn.entries))
    counted = notes.measured(stage, state.stage(stage.name), tallies, now)
    entries = (*counted, *notes.verdicts(stage, known, verdicts, now), *gaps, *turn.entries)
    return replace(turn, entries=entries, verdicts=verdicts, samples=samples)


def _judge(
    plan: Plan,
    stage: StagePlan,
    state: State,
    seen: StageView | None,
    samples: int | None,
    readings: Readings,
    now: datetime,
) -> tuple[tuple[Verdict, ...], dict[str, Tally]]:
    """Judge every guardrail, and count the measurement where a limit asks for it."""
    deployed = seen is not None and seen.status == SUCCEEDED
    deployed = deployed and seen is not None and seen.execution == plan.execution
    watch = sight.watch(plan, stage, state, samples, deployed=deployed, now=now)
    known = state.stage(stage.name)
    verdicts, tallies = [], {}
    for item in stage.guardrails:
        verdict = kinds.judge(item, watch, readings)
        before = known.tallies.get(item.name, limits.NOTHING)
        tallies[item.name] = tally = limits.count(item, verdict, before, now, plan.poll)
        verdict = limits.apply(item, verdict, tally)
        verdicts.append(_give_time(verdict, known, now, plan.settle))
    return tuple(verdicts), tallies


def _give_time(verdict: Verdict, known: StageState, now: datetime, lag: timedelta) -> Verdict:
    """A read of the old content may only be late: it counts once it has stood for `lag`."""
    if verdict.code != SILENTLY_ROLLED_BACK:
        return verdict
    before = known.verdicts.get(verdict.check)
    fresh = before is None or before.kind is Kind.PASS or now < before.at + lag
    if fresh or known.baking_since is None or now < known.baking_since + lag:
        return replace(verdict, kind=Kind.INCONCLUSIVE, code="")
    return verdict


def _breach(
    stage: StagePlan, known: StageState, verdicts: tuple[Verdict, ...], now: datetime
) -> Turn | None:
    """Answer the breaches: roll back if any of them says so, else hold; None without one."""
    found = [v for v in verdicts if v.kind is Kind.BREACH]
    crossed = [v for v in found if v.code != SILENTLY_ROLLED_BACK]
    if not crossed:
        return _silently_back(stage, found, now) if found else None
    rolls = [v for v in crossed if _action(stage, known, v) == "roll_back"]
    first = (rolls or crossed)[0]
    action = "roll_back" if rolls else "hold"
    reason = f"{first.check}: {first.reason}"
    entries: tuple[Draft, ...] = ()
    if not known.breach or known.on_breach != action:
        entries = (notes.breach(stage, first.check, reason, action, now),)
    if action == "roll_back":
        return Turn(entries, Wait(now, reason))
    return Turn(entries, Hold("check", reason + vetoed.told(known), None, Exit.NEEDS_PERSON))


def _silently_back(stage: StagePlan, found: list[Verdict], now: datetime) -> Turn:
    """The endpoint took the change back by itself: nothing to roll back, nothing to promote."""
    reason = found[0].reason
    return Turn((notes.ended(stage, "failed", reason, now),), Wait(now, reason))


def _action(stage: StagePlan, known: StageState, verdict: Verdict) -> str:
    if verdict.check in known.vetoed:
        return "hold"
    return next(g.on_breach for g in stage.guardrails if g.name == verdict.check)


def _over_limit(stage: StagePlan, known: StageState, verdicts: tuple[Verdict, ...]) -> Turn | None:
    """Call a person for a guardrail that could not be judged too often; None without one."""
    pairs = zip(stage.guardrails, verdicts, strict=True)
    over = [found for item, v in pairs if (found := limits.exceeded(item, v, known.tallies))]
    if not over:
        return None
    first = max(over, key=lambda verdict: verdict.kind)
    blind = first.kind is Kind.ERROR
    reason = f"{first.check}: {first.reason}"
    return Turn((), Hold("check", reason, None, Exit.BLIND if blind else Exit.INCONCLUSIVE))


def _blindness(seen: StageView | None, verdicts: tuple[Verdict, ...], readings: Readings) -> str:
    """Say why the watch sees nothing: no credentials, or not one guardrail can be asked."""
    if readings.blind():
        return readings.blind()
    if seen is not None and verdicts and all(v.kind is Kind.ERROR for v in verdicts):
        return "; ".join(f"{v.check}: {v.reason}" for v in verdicts)
    return ""


def _unseen(
    goal: GoForward,
    stage: StagePlan,
    known: StageState,
    readings: Readings,
    why: str,
    now: datetime,
) -> Turn:
    entries: tuple[Draft, ...] = ()
    since = known.blind_since
    if since is None:
        entries = (notes.sight(stage, why, now),)
    if known.abort is not None:
        why = f"{why}; {halting.waits(stage, known.abort)}"
    if readings.blind() or (since is not None and now - since > BLIND_FOR):
        with_what = "with working credentials" if readings.blind() else "once AWS answers again"
        hint = f"The stage keeps running unwatched; run the same command {with_what}."
        return Turn(entries, Hold("blind", why, None, Exit.BLIND, leave=True, hint=hint))
    return Turn(entries, Wait(now + goal.plan.poll, f"cannot see: {why}"))


def _watch_over(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    seen: StageView,
    samples: int | None,
    verdicts: tuple[Verdict, ...],
    readings: Readings,
    now: datetime,
) -> Turn:
    """Let the pipeline, and at last the bake, have their say."""
    plan, known = goal.plan, state.stage(stage.name)
    if seen.status in ENDED_BADLY:
        sent = attempts.promoted(stage, state)
        if known.retry and sent and now - (sent.decided_at or now) <= plan.settle:
            return Turn((), Wait(now + plan.poll, f"{seen.name} is to be tried again"))
        return _said_no(plan, stage, known, seen, readings, now)
    if seen.status in RUNNING:
        told = _worry(plan, stage, state, seen, now)
        return Turn(told, Wait(now + plan.poll, f"{seen.name} is {seen.status}"))
    if seen.status != SUCCEEDED:
        reason = f"{seen.name} shows {seen.status or 'no status'}, which mcm does not know"
        return Turn((), Hold("stage", reason, None, Exit.NEEDS_PERSON))
    if known.baking_since is None:
        return Turn((notes.bake_started(stage, now),), Wait(now, "the bake begins"))
    found = judge_bake(
        stage, known.baking_since, samples, verdicts, now, plan.poll, known.bakes_since
    )
    if not isinstance(found, Done):
        return Turn((), found)
    if stage.gate.open and seen.transition_enabled:
        reason = f"the way into {seen.name} is still open: the next execution would walk in"
        hint = f"Disable the transition into {seen.name}, then run the same command again."
        return Turn((), Hold("transition", reason, None, Exit.NEEDS_PERSON, hint=hint))
    return Turn((notes.ended(stage, "succeeded", found.reason, now),), Wait(now, found.reason))


def _worry(
    plan: Plan, stage: StagePlan, state: State, seen: StageView, now: datetime
) -> tuple[Draft, ...]:
    """Call a person, once, to a deployment that neither ends nor breaches."""
    known = state.stage(stage.name)
    since = sight.watch(plan, stage, state, deployed=False).since
    if since is None or now - since <= LONG:
        return ()
    reason = f"{seen.name} is {seen.status} for more than {spell(LONG)} without an end"
    if reason in known.called:
        return ()
    return (Draft("person_needed", {"stage": stage.name, "reason": reason}, now),)


def _said_no(
    plan: Plan,
    stage: StagePlan,
    known: StageState,
    seen: StageView,
    readings: Readings,
    now: datetime,
) -> Turn:
    """The pipeline ended badly; its deploy may have landed all the same (AWS-RULES 7)."""
    reason = f"{seen.name} is {seen.status} for the pinned execution"
    before = {content.endpoint: content for content in known.baseline}
    for name in stage.endpoints:
        endpoint = readings.known(EndpointQuery(stage.place, name), EndpointView)
        if endpoint is None:
            reason += f"; what {name} serves cannot be read"
        elif name in before and endpoint.content != before[name]:
            reason += f"; {name} serves the new content all the same, unwatched"
    view = readings.known(PipelineQuery(plan.pipeline), PipelineView)
    if view is not None and view.version != plan.pipeline_version:
        reason += (
            f"; the pipeline was edited (version {plan.pipeline_version} to {view.version}):"
            " the plan is void and nothing is left to roll back to"
        )
    return Turn((notes.ended(stage, "failed", reason, now),), Wait(now, reason))
