"""Around an act: the intent before it, one try, its outcome after (promise 5)."""

from mcm.app.ports import Clock, Listener, Perform
from mcm.app.writer import Writer
from mcm.core import codec
from mcm.core.history import anchor, attempts
from mcm.core.history.fold import spell_claims
from mcm.core.history.instruction import Outcome
from mcm.core.history.journal import Draft, JournalMoved
from mcm.core.history.turn import Act, Turn, Wait


def carry_out(
    turn: Turn, act: Act, writer: Writer, listener: Listener, performer: Perform, clock: Clock
) -> Wait:
    """Journal `turn`'s entries and the intent, perform once, journal the outcome.

    Raises JournalMoved, and sends nothing, when somebody else has written meanwhile.
    """
    intent = Draft("intent", _intent(act), clock.now())
    promotes = act.purpose in (attempts.PROMOTE, attempts.REOPEN)
    written = writer.write((*turn.entries, intent), act.claims, durable=promotes)
    listener.wrote(written)
    # What AWS keeps of this act names the entry that announced it (core.anchor).
    sent = anchor.stamp(act.instruction, writer.change, writer.stored)
    outcome = performer.perform(sent)
    draft = Draft("outcome", _outcome(written[-1].seq, outcome), clock.now())
    _note(draft, writer, listener)
    return Wait(clock.now(), outcome.detail)


def _note(draft: Draft, writer: Writer, listener: Listener) -> None:
    """Write an outcome whoever else wrote meanwhile: it belongs to an intent of ours."""
    while True:
        try:
            listener.wrote(writer.write((draft,)))
            return
        except JournalMoved:
            writer.catch_up()


def _intent(act: Act) -> dict[str, object]:
    return {
        "stage": act.stage,
        "purpose": act.purpose,
        "instruction": codec.to_value(act.instruction),
        "why": act.why,
        "claims": spell_claims(act.claims),
    }


def _outcome(intent: int, outcome: Outcome) -> dict[str, object]:
    return {
        "intent": intent,
        "result": outcome.result.value,
        "detail": outcome.detail,
        "code": outcome.code,
        "execution": outcome.execution,
    }
