"""What the entries of a watch over others say (`mcm.core.walking.observe`)."""

from mcm.core.sentences.sentence_body import Body


def observed(body: Body) -> str:
    """Somebody let an execution in, and it is watched."""
    return f"{body.at_stage()}{body['execution']} was let in by others: it is watched"


def would(body: Body) -> str:
    """What mcm would do now, if it did anything."""
    why = f", and not got there: {body.get('why_not')}" if body.get("why_not") else ""
    if body.get("act") != "roll_back":
        return f"{body.at_stage()}mcm would hold now and call a person{body.because()}"
    where = f" to {body.get('target')}" if body.get("target") else ""
    return f"{body.at_stage()}mcm would roll back now{where}{why}; it only observes"
