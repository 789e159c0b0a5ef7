"""What the entries of a runbook say to a person."""

from collections.abc import Callable, Mapping

from mcm.core.sentences.sentence_body import Body


def _started(body: Body) -> str:
    return f"{body.at_stage()}{body['by']} began the runbook {body['runbook']}"


def _intent(body: Body) -> str:
    return f"{_step_of(body)}: about to run {body['command']}"


def _outcome(body: Body) -> str:
    tail = body.get("tail")[-160:]
    printed = f"; its output ended: {tail}" if tail else ""
    return f"{_step_of(body)}: {body.get('why') or 'went well'}{printed}"


def _step(body: Body) -> str:
    return f"{_step_of(body)}: {body['how']}, says {body['by']}"


def _ended(body: Body) -> str:
    return f"{body.at_stage()}runbook {body['runbook']} ended: {body['outcome']}"


def _step_of(body: Body) -> str:
    return f"{body.at_stage()}runbook {body['runbook']}, step {body['step']} ({body['title']})"


TELLERS: Mapping[str, Callable[[Body], str]] = {
    "runbook_started": _started,
    "runbook_intent": _intent,
    "runbook_outcome": _outcome,
    "runbook_step": _step,
    "runbook_ended": _ended,
}
"""Sentences by the kind of entry."""
