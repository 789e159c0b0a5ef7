"""What the entries around an instruction to AWS say to a person, each alone and as one."""

from collections.abc import Callable, Mapping, Sequence

from mcm.core.sentences.sentence_body import Body

_OPS: Mapping[str, str] = {
    "open_transition": "open the way into {stage} for {execution}",
    "close_transition": "close the way into {stage}",
    "answer_approval": "approve {stage}/{action} for {execution}",
    "stop_execution": "stop {execution} in {stage}",
    "roll_back_stage": "roll {stage} back to {target}",
    "start_execution": "run the pipeline anew for {stage} with the revisions of {target}",
    "update_endpoint": "give {endpoint} the configuration {config}",
    "retry_stage": "retry what failed of {execution} in {stage}",
}
_NAMED = ("stage", "action", "execution", "target", "endpoint", "config")
RESULTS: Mapping[str, str] = {
    "done": "done",
    "refused": "AWS refused",
    "not_sent": "not sent",
    "in_doubt": "no clear reply: it may have happened",
}


def deed(intent: Body, ends: Sequence[tuple[str, Body]]) -> str:
    """Return one line for an instruction, why it was given, and each end of it by its kind."""
    told = [_result(body) if kind == "outcome" else _found(body) for kind, body in ends]
    came = "; later seen: ".join(told) or "nobody wrote what came of it"
    return f"{intent['stage']}: {_instruction(intent)}{intent.because('why')}; {came}"


def _instruction(body: Body) -> str:
    instruction = body.raw("instruction")
    facts = Body(instruction if isinstance(instruction, Mapping) else {})
    form = _OPS.get(facts.get("op"), "carry out an instruction")
    names = {name: facts[name] for name in _NAMED}
    if facts.raw("abandon") is True:
        form += ", abandoning its actions"
    return form.format(**names)


def _result(body: Body) -> str:
    result = RESULTS.get(body.get("result"), "ended in an unknown way")
    code = f" ({body.get('code')})" if body.get("code") else ""
    execution = body.get("execution")
    told = not execution or execution in body.get("detail")
    started = "" if told else f", started {execution}"
    detail = body.because("detail") if body.get("detail") != result else ""
    return f"{result}{code}{started}{detail}"


def _found(body: Body) -> str:
    did = "it did happen" if body.raw("happened") is True else "it did not happen"
    return f"{did}{body.because('detail')}"


def _intent(body: Body) -> str:
    return f"{body['stage']}: about to {_instruction(body)}{body.because('why')}"


def _outcome(body: Body) -> str:
    return f"entry {body['intent']}: {_result(body)}"


def _doubt_read(body: Body) -> str:
    return f"entry {body['intent']}: looked in AWS, no trace of it so far"


def _settled(body: Body) -> str:
    return f"entry {body['intent']}: {_found(body)}"


TELLERS: Mapping[str, Callable[[Body], str]] = {
    "intent": _intent,
    "outcome": _outcome,
    "doubt_read": _doubt_read,
    "settled": _settled,
}
"""Sentences by the kind of entry."""
