"""Turning what a walk writes and decides into messages for people, once per run each.

A listener like any other: it changes nothing and never raises, because the runner calls it
between a decision and its act. `promoting` and `rolling back` leave before the write:
`wrote` is called after the entries are stored and before anything is performed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from mcm.app.explain import rollback_lines
from mcm.core import commands
from mcm.core.duration import spell
from mcm.core.errors import Exit
from mcm.core.history import attempts
from mcm.core.history.goal import Goal, GoForward, current_stage
from mcm.core.history.journal import Entry
from mcm.core.history.state import State
from mcm.core.history.turn import Hold, Turn
from mcm.core.rollback import veto
from mcm.core.sentences.sentence import shorten
from mcm.notify.message import Message

EVENTS = (
    "approval wanted",
    "held for a person",
    "breach",
    "rolling back",
    "rolled back",
    "rollback failed",
    "blind",
    "promoting",
    "promoted",
    "succeeded",
    "failed",
    "glass broken",
)
(
    APPROVAL,
    HELD,
    BREACH,
    ROLLING,
    ROLLED,
    ROLLBACK_FAILED,
    BLIND,
    PROMOTING,
    PROMOTED,
    SUCCEEDED,
    FAILED,
    GLASS,
) = EVENTS

_CALLS_A_PERSON = frozenset(
    {Exit.NEEDS_PERSON, Exit.INCONCLUSIVE, Exit.REFUSED, Exit.FAILED, Exit.USAGE}
)
_PEOPLES_GATES = frozenset({"person", "check", "conflict", "aws", "baseline"})
"""Gates that no clock opens. A window, a freeze or a predecessor calls nobody."""
_TOLD_AS_ENTRY = frozenset({"breach", "person_needed"})


Key = tuple[str, str, str]
"""What a message was about: event, stage and a mark that tells two of a kind apart."""


class Notifying:
    """The listener of one run of `goal`; hands each message to `send`, which must not block.

    `told` is what people were told of this walk before, by a run that is over: it is not
    told again.
    """

    def __init__(
        self,
        goal: Goal,
        change: str,
        send: Callable[[Message], None],
        *,
        sandbox: bool = False,
        told: Iterable[Key] = (),
    ) -> None:
        self._goal = goal
        self._change = change
        self._send = send
        self._sandbox = sandbox or (
            isinstance(goal, GoForward) and goal.plan.realm.startswith("sandbox:")
        )
        self._told = frozenset(told)
        self._seen: set[Key] = set(self._told)
        self._state = State()
        self._targets: dict[str, str] = {}

    @property
    def told_now(self) -> tuple[Key, ...]:
        """What people were told of in this run, for the next one."""
        return tuple(sorted(self._seen - self._told))

    def turned(self, turn: Turn, state: State, now: datetime) -> None:
        """Tell of closed gates that people open, and of blindness."""
        self._state = state
        stage = self._stage(state)
        wanted = [g for g in turn.gates if g.name == "approval" and not g.open]
        if wanted and wanted[0].exit is Exit.HELD:
            what = f"{stage} waits for an approval"
            sign = (commands.approve(self._change, stage),)
            self._tell(APPROVAL, stage, what, wanted[0].reason, sign, now)
        if isinstance(turn.next, Hold) and not any(d.kind in _TOLD_AS_ENTRY for d in turn.entries):
            self._held(turn.next, stage, now)

    def wrote(self, entries: Sequence[Entry]) -> None:
        """Tell of what is in the journal now."""
        # The end of a rollback says why a person is needed; one message is enough.
        ends = any(entry.kind == "rollback_ended" for entry in entries)
        for entry in entries:
            teller = _TELLERS.get(entry.kind)
            stage = _text(entry.body, "stage")
            if teller is not None and stage and not (ends and entry.kind == "person_needed"):
                teller(self, stage, entry.body, entry.at)

    def lost(self, entries: Sequence[Entry], why: str) -> None:
        """Nothing: the same entries come to `wrote`, and stderr tells of the store."""

    def _held(self, hold: Hold, stage: str, now: datetime) -> None:
        why = f"{hold.reason}. {hold.hint}" if hold.hint else hold.reason
        if hold.exit is Exit.BLIND:
            self._blind(stage, why, now)
        elif hold.exit in _CALLS_A_PERSON or hold.leave or hold.gate in _PEOPLES_GATES:
            what = f"{stage} is held at gate {hold.gate}"
            self._call(stage, what, why, now, hold.gate, hold.reason)

    def _call(self, stage: str, what: str, why: str, now: datetime, *marks: str) -> None:
        """Call a person, unless that was done for one of `marks` already."""
        if any((HELD, stage, mark) in self._seen for mark in marks):
            return
        self._seen |= {(HELD, stage, mark) for mark in marks}
        after = (commands.about("status", self._change), *self._back(stage))
        self._tell(HELD, stage, what, why, after, now, mark=what)

    def _blind(self, stage: str, why: str, now: datetime) -> None:
        goes_on = commands.deploy(self._change, stage)
        again = (goes_on,) if isinstance(self._goal, GoForward) else ()
        what = f"{stage} cannot be watched"
        self._tell(BLIND, stage, what, why, (*again, *self._back(stage)), now)

    def _sight(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        if body.get("lost") is True:
            self._blind(stage, _text(body, "reason"), at)

    def _person_needed(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        reason = _text(body, "reason")
        self._call(stage, f"{stage} needs a person", reason, at, reason)

    def _entered(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        ours = body.get("by") == "mcm"
        what = f"{stage} was promoted" + ("" if ours else " by somebody else")
        after = (commands.about("watch", self._change), *self._back(stage))
        self._tell(PROMOTED, stage, what, "", after, at)

    def _breach(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        rolls = body.get("action") == "roll_back"
        self._seen.add((HELD, stage, "check"))
        then = "it will be rolled back" if rolls else "the walk holds for a person"
        after = self._back(stage)
        span = self._veto(stage, _text(body, "check")) if rolls else timedelta(0)
        if span:
            then += f" in {spell(span)} unless a person vetoes"
            after = (commands.veto(self._change, stage, sandbox=self._sandbox), *after)
        what = f"{stage} crossed a guardrail, {then}"
        mark = _text(body, "check") if self._state.stage(stage).vetoed else ""
        self._tell(BREACH, stage, what, _text(body, "reason"), after, at, mark=mark, urgent=True)

    def _veto(self, stage: str, check: str) -> timedelta:
        planned = self._goal.plan.stage(stage) if isinstance(self._goal, GoForward) else None
        return planned.veto if planned and check != veto.ADOPTED else timedelta(0)

    def _vetoed(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        what = f"{_text(body, 'by')} vetoed the rollback of {stage}: it is held for a person"
        self._tell(HELD, stage, what, _text(body, "reason"), self._back(stage), at, mark=what)

    def _rollback_started(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        self._targets[stage] = _text(body, "target")
        self._rolling(stage, _text(body, "why"), at)

    def _glass(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        """Tell, before anything is sent, that nobody approved what is about to be promoted."""
        after = (commands.review(self._change, stage), *self._back(stage))
        what, why = glass_words(stage, body)
        mark = _text(body, "statement")
        self._tell(GLASS, stage, what, why, after, at, mark=mark, urgent=True)

    def _intent(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        """Tell of a promotion and how it is taken back, before it is sent.

        A run that takes over a rollback begun by another sees its intents first.
        """
        if body.get("purpose") == attempts.PROMOTE:
            what = f"{stage} is about to be promoted"
            self._tell(PROMOTING, stage, what, _text(body, "why"), self._back(stage), at)
        if body.get("purpose") == "roll_back":
            rollback = self._state.stage(stage).rollback
            self._rolling(stage, rollback.why if rollback else _text(body, "why"), at)

    def _rolling(self, stage: str, why: str, at: datetime) -> None:
        target = shorten(self._target(stage))
        what = f"{stage} is being rolled back" + (f" to {target}" if target else "")
        after = (commands.about("watch", self._change), *self._back(stage))
        self._tell(ROLLING, stage, what, why, after, at, urgent=True)

    def _rollback_ended(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        detail = _text(body, "detail")
        look = commands.about("log", self._change)
        if body.get("outcome") == "overtaken":
            return  # given up before anything was sent: whoever asks now is told what follows
        if body.get("outcome") != "rolled_back":
            what = f"the rollback of {stage} failed"
            after = (*self._back(stage), look)
            self._tell(ROLLBACK_FAILED, stage, what, detail, after, at, urgent=True)
            return
        wrong = body.get("verified") == "differs"
        what = f"{stage} was rolled back"
        if wrong:
            what += ", but it does not serve what it served before"
        self._tell(ROLLED, stage, what, detail, (look,), at, urgent=wrong)

    def _stage_ended(self, stage: str, body: Mapping[str, Any], at: datetime) -> None:
        outcome, reason = _text(body, "outcome"), _text(body, "reason")
        look = commands.about("log", self._change)
        if outcome == "succeeded":
            self._tell(SUCCEEDED, stage, f"{stage} succeeded", reason, (look,), at)
        elif outcome != "rolled_back" and (ROLLBACK_FAILED, stage, "") not in self._seen:
            after = (look, *self._back(stage))
            self._tell(FAILED, stage, f"{stage} ended as {outcome}", reason, after, at)

    def _stage(self, state: State) -> str:
        if not isinstance(self._goal, GoForward):
            return self._goal.stage
        stage = current_stage(self._goal, state)
        return stage.name if stage else ""

    def _target(self, stage: str) -> str:
        rollback = self._state.stage(stage).rollback
        return self._targets.get(stage) or (rollback.target if rollback else "")

    def _back(self, stage: str) -> tuple[str, ...]:
        return rollback_lines(self._goal, stage, target=self._target(stage), sandbox=self._sandbox)

    def _tell(
        self,
        event: str,
        stage: str,
        what: str,
        why: str,
        after: tuple[str, ...],
        at: datetime,
        *,
        mark: str = "",
        urgent: bool = False,
    ) -> None:
        key = (event, stage, mark)
        if key in self._seen:
            return
        self._seen.add(key)
        message = Message(
            event, self._change, stage, what, shorten(why), after, at, urgent, self._sandbox
        )
        self._send(message)


def glass_words(stage: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """Return what people are told of a broken glass, and why it was broken."""
    by, ticket = _text(body, "by"), _text(body, "ticket")
    found = body.get("exceptions")
    gates = ", ".join(str(each.get("gate")) for each in found) if isinstance(found, list) else ""
    opens = f", and opens {gates}" if gates else ""
    return f"{by} breaks the glass for {stage}: nobody approved it{opens} ({ticket})", _text(
        body, "reason"
    )


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""


_TELLERS: Mapping[str, Callable[[Notifying, str, Mapping[str, Any], datetime], None]] = {
    "sight": Notifying._sight,
    "person_needed": Notifying._person_needed,
    "entered": Notifying._entered,
    "breach": Notifying._breach,
    "vetoed": Notifying._vetoed,
    "rollback_started": Notifying._rollback_started,
    "rollback_adopted": Notifying._rollback_started,
    "glass_broken": Notifying._glass,
    "glass_used": Notifying._glass,
    "intent": Notifying._intent,
    "rollback_ended": Notifying._rollback_ended,
    "stage_ended": Notifying._stage_ended,
}
