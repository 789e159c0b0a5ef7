"""The gates in front of a promotion: every reason to hold, judged on one turn's readings.

All gates are judged each turn, so the person who waits sees all that is closed and not
just the first. A gate whose reading is unknown is closed and says why. An exception
signed in the plan opens the one gate that it names.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from mcm.core.checks.watch import Watch
from mcm.core.errors import Exit
from mcm.core.gates import others, pipeline_gates, window_gates
from mcm.core.history import schedule
from mcm.core.history.goal import GoForward
from mcm.core.history.state import State
from mcm.core.history.turn import GateView
from mcm.core.pipeline import SUCCEEDED, ActionRun, Identity, PipelineView
from mcm.core.plans.plan import Plan, StagePlan, is_exemptable
from mcm.core.query import (
    ActionsQuery,
    ExecutionQuery,
    HistoryQuery,
    IdentityQuery,
    InboxQuery,
    PipelineQuery,
    Query,
)
from mcm.core.reading import Readings
from mcm.core.trust import glass
from mcm.core.trust.authorship import excluded
from mcm.core.trust.guard import (
    Granted,
    GrantedByGlass,
    GuardResult,
    Missing,
    Promotion,
    Refused,
    check_clock,
    guard,
)
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.principal import find as find_principal
from mcm.core.trust.principal import is_nobody, untrusted
from mcm.core.verdict import Kind, Verdict, worst

Position = Callable[[Plan, StagePlan, PipelineView, Readings], GateView]
FRESH = timedelta(seconds=10)
"""How old a reading may be when a promoting write rests on it (promise 6)."""


def queries(plan: Plan, stage: StagePlan, state: State, watch: Watch) -> frozenset[Query]:
    """Return what the gates of one stage need to see, besides its guardrails."""
    wanted: set[Query] = {
        PipelineQuery(plan.pipeline),
        ExecutionQuery(plan.pipeline, plan.execution),
        HistoryQuery(plan.pipeline, stage.pipeline_stage),
        InboxQuery(plan.change),
        *window_gates.queries(plan, stage),
        *others.queries(plan, stage, watch),
        IdentityQuery(plan.pipeline.place),
        IdentityQuery(stage.place),
    }
    if stage.predecessor:
        wanted.add(HistoryQuery(plan.pipeline, stage.predecessor))
    if stage.gate.approve is not None or state.stage(stage.name).retry is not None:
        wanted.add(ActionsQuery(plan.pipeline, plan.execution))
    return frozenset(wanted)


def judge_gates(
    goal: GoForward,
    stage: StagePlan,
    state: State,
    readings: Readings,
    verdicts: tuple[Verdict, ...],
    watch: Watch,
    now: datetime,
) -> tuple[GateView, ...]:
    """Judge every gate of one stage, in the order in which people should read them."""
    plan = goal.plan
    query = PipelineQuery(plan.pipeline)
    view = readings.known(query, PipelineView)
    if view is None:
        blind = Exit.BLIND if readings.blind() else Exit.HELD
        reason = f"the pipeline cannot be read: {readings.why_unknown(query)}"
        return (GateView("pipeline", False, reason, exit=blind, leave=bool(readings.blind())),)
    inbox = readings.known(InboxQuery(plan.change), Inbox)
    answer = ask_guard(goal, stage, state, inbox, now) if inbox else None
    found = (
        pipeline_gates.plan_gate(plan, view),
        _identity_gate(plan, stage, readings),
        pipeline_gates.predecessor_gate(plan, stage, view, readings),
        _position(stage, state)(plan, stage, view, readings),
        pipeline_gates.target_gate(plan, stage, view, readings, now),
        pipeline_gates.rollback_gate(plan, stage, view),
        _stranger_gate(plan, state),
        _person_gate(stage, state),
        schedule.judge(state.schedules.get(stage.name), plan.digest, now),
        _clock_gate(plan, state, readings, now),
        *others.judge(plan, stage, watch, readings),
        _check_gate(verdicts),
        _approval_gate(plan, readings, answer),
        *_glass_gates(inbox, answer, now),
        _answer_gate(plan, stage, readings, answer),
        *window_gates.judge(
            plan, stage, readings, lambda gate: _why_open(plan, gate, answer, now), now
        ),
    )
    return tuple(_exempt(plan, gate, answer, now) for gate in found)


def _position(stage: StagePlan, state: State) -> Position:
    """Return the gate that says whether the promoting write can reach the execution."""
    retried = state.stage(stage.name).retry is not None
    return pipeline_gates.retry_gate if retried else pipeline_gates.position_gate


def promotion_of(goal: GoForward, stage: StagePlan) -> Promotion:
    """Return what a second person must have signed for this stage."""
    plan = goal.plan
    return Promotion(
        realm=plan.realm,
        change=plan.change,
        edition=plan.edition,
        plan=plan.digest,
        stage=stage.name,
        pipeline=plan.pipeline.name,
        execution=plan.execution,
        rollback_to=stage.rollback_target,
        approvals=stage.approvals,
        excluded=excluded(plan, stage),
        requester=plan.requester,
        touch=stage.touch,
        break_glass=stage.break_glass,
    )


def holder_of(plan: Plan, stage: StagePlan) -> str:
    """Return who may use an approval of this stage: this stage, plan and execution only."""
    return f"{plan.digest}/{stage.name}/{plan.execution}"


def ask_guard(
    goal: GoForward, stage: StagePlan, state: State, inbox: Inbox, now: datetime
) -> GuardResult:
    """Ask the guard about one stage with the statements in the inbox."""
    holder = holder_of(goal.plan, stage)
    used = frozenset(nonce for nonce, user in state.consumed.items() if user != holder)
    return guard(promotion_of(goal, stage), inbox.verified, inbox.rejected, used, now)


def _identity_gate(plan: Plan, stage: StagePlan, readings: Readings) -> GateView:
    """The credentials must be those of the planned accounts, as STS sees them now."""
    arns = []
    for place in dict.fromkeys((plan.pipeline.place, stage.place)):
        query = IdentityQuery(place)
        identity = readings.known(query, Identity)
        if identity is None:
            why = readings.why_unknown(query)
            return GateView("identity", False, f"who we are in {place.account} is unknown: {why}")
        if identity.account != place.account:
            reason = f"these credentials are of account {identity.account}, not {place.account}"
            return GateView("identity", False, reason, exit=Exit.REFUSED, leave=True)
        arns.append(identity.arn)
    return GateView("identity", True, ", ".join(dict.fromkeys(arns)))


def _stranger_gate(plan: Plan, state: State) -> GateView:
    """After somebody else let the pinned execution in, nothing further is promoted."""
    for stage in plan.stages:
        if state.stage(stage.name).entered_by == "others":
            reason = f"{stage.name} was promoted by somebody else: plan what is left anew"
            return GateView("out-of-band", False, reason)
    return GateView("out-of-band", True, "every promotion so far was this walk's")


def _person_gate(stage: StagePlan, state: State) -> GateView:
    """Closed while a person holds the change or this stage; `mcm resume` opens it."""
    word = state.held(stage.name)
    if word is None:
        return GateView("person", True, "nobody holds it")
    return GateView("person", False, f"held by {word.by} since {word.at:%H:%M:%SZ}: {word.reason}")


def _clock_gate(plan: Plan, state: State, readings: Readings, now: datetime) -> GateView:
    """A clock that is wrong would open windows that are shut (E_CLOCK).

    It is compared with the journal and with what AWS says in its answer to who we are; on
    AWS an answer without a time is none.
    """
    query = IdentityQuery(plan.pipeline.place)
    reading = readings.get(query)
    identity = readings.known(query, Identity)
    told = identity.time if identity else None
    if identity is not None and told is None and plan.realm.startswith("aws:"):
        return GateView("clock", False, "AWS does not say what time it is")
    wrong = check_clock(now, state.last_at, told + (now - reading.at) if told else None)
    if wrong is None:
        return GateView("clock", True, "as AWS's, and not behind the journal")
    reason = f"{wrong.reason} [{wrong.code}]"
    return GateView("clock", False, reason, exit=Exit.REFUSED, leave=True)


def _check_gate(verdicts: tuple[Verdict, ...]) -> GateView:
    kind = worst(verdicts)
    if kind is Kind.PASS:
        note = "; ".join(f"{v.check}: {v.note}" for v in verdicts if v.note)
        reason = "; ".join((f"{len(verdicts)} guardrails pass", *([note] if note else ())))
        return GateView("check", True, reason, note=note)
    reasons = "; ".join(f"{v.check}: {v.reason}" for v in verdicts if v.kind is kind)
    return GateView("check", False, f"{kind.name}: {reasons}")


def _approval_gate(plan: Plan, readings: Readings, answer: GuardResult | None) -> GateView:
    if answer is None:
        why = readings.why_unknown(InboxQuery(plan.change))
        return GateView("approval", False, f"cannot be read: {why}")
    if isinstance(answer, GrantedByGlass):
        said = answer.glass.statement
        reason = f"NOT approved: {said.approver} broke the glass: {said.reason} ({said.ticket})"
        return GateView("approval", True, reason)
    if isinstance(answer, Granted):
        names = ", ".join(each.person for each in answer.statements)
        return GateView("approval", True, f"approved by {names}")
    if isinstance(answer, Missing):
        return GateView("approval", False, answer.reason)
    assert isinstance(answer, Refused)
    reason = f"{answer.reason} [{answer.code}]"
    return GateView("approval", False, reason, exit=Exit.REFUSED, leave=True)


def _glass_gates(
    inbox: Inbox | None, answer: GuardResult | None, now: datetime
) -> tuple[GateView, ...]:
    """Closed while a glass of the service is unreviewed for too long, or another is open.

    The first waits for the one command that opens it; the second is an attempt. Where no
    glass was broken there is no such gate; an inbox that cannot be read closes `approval`.
    """
    if inbox is None or not inbox.glasses:
        return ()
    late = glass.overdue(inbox.glasses, now)
    if late is not None:
        return (GateView("break-glass", False, f"{late.reason} [{late.code}]"),)
    used = answer.glass if isinstance(answer, GrantedByGlass) else None
    second = glass.older_first(inbox.glasses, used, now)
    if second is not None:
        reason = f"{second.reason} [{second.code}]"
        return (GateView("break-glass", False, reason, exit=Exit.REFUSED, leave=True),)
    return (GateView("break-glass", True, "no review is overdue"),)


def _answer_gate(
    plan: Plan, stage: StagePlan, readings: Readings, granted: GuardResult | None
) -> GateView:
    """Who answered the pipeline's approval must be who signed for it (AWS-RULES 14).

    What the trust file does not tie to a person is shown as it is: then the signature
    alone is the proof.
    """
    approve = stage.gate.approve
    if approve is None or not stage.gate.open:
        return GateView("answer", True, "no approval that an approver answers")
    query = ActionsQuery(plan.pipeline, plan.execution)
    runs = readings.known(query, tuple)
    if runs is None:
        why = readings.why_unknown(query)
        return GateView("answer", False, f"who answered cannot be read: {why}")
    answers = [
        run
        for run in runs
        if isinstance(run, ActionRun)
        and (run.stage, run.action, run.status) == (approve.stage, approve.action, SUCCEEDED)
    ]
    where = f"{approve.stage}/{approve.action}"
    if not answers:
        return GateView("answer", False, f"{where} is not answered for {plan.execution}")
    by = answers[0].answered_by
    if not isinstance(granted, Granted):
        return GateView("answer", False, f"{where} was answered by {by}, nobody has signed yet")
    if is_nobody(by):
        reason = f"{where} was answered by {by}, which is no person and so not who signed for it"
        reason = f"{reason} [{untrusted(by)}]"
        return GateView("answer", False, reason, exit=Exit.REFUSED, leave=True)
    known = {principal for each in granted.statements for principal in each.principals}
    if not known:
        return GateView("answer", True, f"{where} answered by {by}, whom no trust entry names")
    if not by or find_principal(by) not in known:
        reason = f"{where} was answered by {by or 'nobody known'}, who is not who signed for it"
        reason = f"{reason} [{untrusted(by)}]"
        return GateView("answer", False, reason, exit=Exit.REFUSED, leave=True)
    return GateView("answer", True, f"{where} answered by {by}")


def _exempt(plan: Plan, gate: GateView, answer: GuardResult | None, now: datetime) -> GateView:
    """Open a gate that a signed exception names; proofs of identity have no exception."""
    why = "" if gate.open else _why_open(plan, gate.name, answer, now)
    return GateView(gate.name, True, f"{why} ({gate.reason})") if why else gate


def _why_open(plan: Plan, gate: str, answer: GuardResult | None, now: datetime) -> str:
    """Say what opens `gate` now though it is closed; empty for nothing.

    An exception of the plan, which those who approved have signed; or one of the broken
    glass by which this very promotion goes, signed by one person.
    """
    if not is_exemptable(gate):
        return ""
    exemption = plan.exempt(gate, now)
    if exemption is not None:
        return f"exception: {exemption.reason}"
    opens = answer.opens if isinstance(answer, GrantedByGlass) else ()
    return next((f"glass broken: {each.reason}" for each in opens if each.gate == gate), "")
