"""What one journal entry says to a person: one line, the same in every place.

The record's timeline, `mcm log` and notifications share these sentences. They are for
reading only: nothing is ever parsed out of them. A journal may come from a newer mcm or
hold what somebody wrote by hand, so an entry that does not fit its kind gets a neutral
line; no entry is an error here.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from mcm.core.history.drill_note import read_drill
from mcm.core.history.journal import Entry
from mcm.core.sanitize import clean
from mcm.core.sentences import sentence_deed, sentence_observed, sentence_runbook, sentence_words
from mcm.core.sentences.sentence_body import Body

_LIMIT = 600
_LONG_ID = re.compile(
    r"\b([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
    r"|\b([0-9a-f]{8})[0-9a-f]{24,56}\b",
    re.ASCII,
)

_VERIFIED: Mapping[str, str] = {
    "yes": "the content is verified",
    "differs": "the content is not what it was",
    "unverified": "the content could not be verified",
}


def sentence(entry: Entry) -> str:
    """Return the line for `entry`: clean text of at most 600 characters, ids shortened."""
    teller = _TELLERS.get(entry.kind)
    try:
        text = teller(Body(entry.body)) if teller else _neutral(Body(entry.body), entry.kind)
    except (AttributeError, TypeError, ValueError):
        text = _neutral(Body({}), entry.kind)
    return clean(shorten(text), _LIMIT)


def deed_sentence(intent: Entry, ends: Sequence[Entry]) -> str:
    """Return one line for an instruction and what came of it.

    `ends` are the entries that say so, in their order: its outcome, and after one in doubt
    what was found later. Without any, that is what the line says.
    """
    try:
        text = sentence_deed.deed(Body(intent.body), [(e.kind, Body(e.body)) for e in ends])
    except (AttributeError, TypeError, ValueError):
        return sentence(intent)
    return clean(shorten(text), _LIMIT)


def shorten(text: str) -> str:
    """Cut UUIDs and long hexadecimal ids in `text` to their first eight digits."""
    return _LONG_ID.sub(lambda found: found.group(1) or found.group(2), text)


def _neutral(body: Body, kind: str) -> str:
    return f"{body.at_stage()}{kind.replace('_', ' ')}{body.because()}"


def _planned(body: Body) -> str:
    return f"edition {body['edition']} was planned for execution {body['execution']}"


def _approval_answered(body: Body) -> str:
    result = sentence_deed.RESULTS.get(body.get("result"), "ended in an unknown way")
    detail = body.because() if body.get("reason") != result else ""
    return f"{body['stage']}: answering the pipeline's approval {body['action']}: {result}{detail}"


def _gates_open(body: Body) -> str:
    names = ", ".join(str(item.get("person", "unknown")) for item in body.each("approvals"))
    by = f", approved by {names}" if names else ""
    gates = body.raw("gates")
    notes = [str(each["note"]) for each in gates or () if isinstance(each, dict) and "note" in each]
    told = f" ({'; '.join(notes)})" if notes else ""
    return f"{body['stage']}: all gates are open{by}{told}"


def _walk_started(body: Body) -> str:
    named = ", ".join(str(name) for name in body.each("stages"))
    through = f" through {named}" if named else ""
    return f"{body['operator']} started the walk of edition {body['edition']}{through}"


def _stage_started(body: Body) -> str:
    return f"{body['stage']}: the walk is at this stage"


def _gate_changed(body: Body) -> str:
    state = "is open" if body.raw("open") is True else "is closed"
    return f"{body['stage']}: gate {body['gate']} {state}{body.because()}"


def _baseline(body: Body) -> str:
    names = ", ".join(str(item.get("endpoint", "unknown")) for item in body.each("contents"))
    kept = f"what {names} served was noted" if names else "the state before was noted"
    return f"{body['stage']}: {kept}, with {body['effective']} in the stage"


def _entered(body: Body) -> str:
    who = "mcm" if body.get("by") == "mcm" else "somebody else"
    return f"{body['stage']}: the pinned execution is in the stage, let in by {who}"


def _bake_started(body: Body) -> str:
    return f"{body['stage']}: deployed; the bake begins"


def _watched(body: Body) -> str:
    return f"{body['stage']}: the bake was looked at"


def _unwatched(body: Body) -> str:
    who = f"{body['check']} could not be asked" if body.get("check") else "nobody has watched"
    return f"{body['stage']}: {who} since {body['since']}; the bake begins again"


def _told(body: Body) -> str:
    events = dict.fromkeys(str(item.get("event", "unknown")) for item in body.each("about"))
    return f"{body['stage']}: people were told: {', '.join(events)}"


def _verdict_changed(body: Body) -> str:
    return f"{body['stage']}: check {body['check']} is {body['verdict']}{body.because()}"


def _measured(body: Body) -> str:
    counts = f"{body['breaches']} breaches, {body['errors']} errors in a row"
    return f"{body['stage']}: check {body['check']}: {counts}, {body['inconclusive']} inconclusive"


def _breach(body: Body) -> str:
    answers = {"roll_back": "the stage is rolled back", "observe": "mcm only observes"}
    then = answers.get(body.get("action"), "the walk holds for a person")
    return f"{body['stage']}: BREACH, {then}{body.because()}"


def _sight(body: Body) -> str:
    if body.raw("lost") is True:
        return f"{body['stage']}: the pipeline cannot be seen{body.because()}"
    return f"{body['stage']}: the pipeline can be seen again"


def _rollback_started(body: Body) -> str:
    if body.get("execution"):
        run = f"rollback {body['execution']} to {body['target']}"
        return f"{body['stage']}: following {run}{body.because('why')}"
    way = f"from {body['source']} to {body['target']}"
    return f"{body['stage']}: rolling back {way}{body.because('why')}"


def _rollback_adopted(body: Body) -> str:
    run = f"rollback {body['execution']} to {body['target']}"
    by = f", started by {body.get('by')}" if body.get("by") else ""
    return f"{body['stage']}: taking over {run}{by}"


def _rollback_note(body: Body) -> str:
    return f"{body['stage']}: rollback{body.because('text')}"


def _rollback_ended(body: Body) -> str:
    if body.get("outcome") == "overtaken":
        return f"{body['stage']}: a rollback that was begun is given up{body.because('detail')}"
    if body.get("outcome") != "rolled_back":
        return f"{body['stage']}: the rollback failed{body.because('detail')}"
    verified = _VERIFIED.get(body.get("verified"), _VERIFIED["unverified"])
    by = f", sent by {body.get('by')}" if body.get("by") else ""
    return f"{body['stage']}: rolled back{by}, {verified}{body.because('detail')}"


def _put_back(body: Body) -> str:
    rest = ", ".join(str(each) for each in body.each("rest"))
    return (
        f"{body['stage']}: put back by hand: {body['what']}{f'; to come: {rest}' if rest else ''}"
    )


def _stage_ended(body: Body) -> str:
    return f"{body['stage']}: {body['outcome'].replace('_', ' ')}{body.because()}"


def _drill(body: Body) -> str:
    note = read_drill(body.facts)
    edition = f" of edition {note.edition}" if note.edition else ""
    return f"{body.at_stage()}drill{edition} on a twin: {note.summary()}"


def _person_needed(body: Body) -> str:
    return f"{body.at_stage()}a person is needed{body.because()}"


def _refused(body: Body) -> str:
    code = f" [{body.get('code')}]" if body.get("code") else ""
    by = f"{body.get('by')} was " if body.get("by") else ""
    return f"{body.at_stage()}{by}refused{body.because()}{code}"


def _warned(body: Body) -> str:
    name = "reason" if body.get("reason") else "text"
    return f"{body.at_stage()}warning{body.because(name)}"


_TELLERS: Mapping[str, Callable[[Body], str]] = {
    "planned": _planned,
    "approval_answered": _approval_answered,
    "gates_open": _gates_open,
    "walk_started": _walk_started,
    "stage_started": _stage_started,
    "observed": sentence_observed.observed,
    "would": sentence_observed.would,
    "gate_changed": _gate_changed,
    "baseline": _baseline,
    **sentence_deed.TELLERS,
    "entered": _entered,
    "bake_started": _bake_started,
    "watched": _watched,
    "unwatched": _unwatched,
    "told": _told,
    "verdict_changed": _verdict_changed,
    "measured": _measured,
    "breach": _breach,
    "sight": _sight,
    "rollback_started": _rollback_started,
    "rollback_adopted": _rollback_adopted,
    "rollback_note": _rollback_note,
    "rollback_ended": _rollback_ended,
    "stage_ended": _stage_ended,
    "drill": _drill,
    **sentence_runbook.TELLERS,
    **sentence_words.TELLERS,
    "person_needed": _person_needed,
    "put_back": _put_back,
    "refused": _refused,
    "warned": _warned,
}
