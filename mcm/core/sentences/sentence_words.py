"""What people say: requests and answers, words beside a walk, and the last ones."""

from collections.abc import Callable, Mapping

from mcm.core.sentences.sentence_body import Body


def _requested(body: Body) -> str:
    return f"{body['by']} asked for approval of edition {body['edition']}"


def _approved(body: Body) -> str:
    return f"{body['stage']}: {body['by']} approved edition {body['edition']}"


def _rejected(body: Body) -> str:
    return f"{body['by']} rejected edition {body['edition']}{body.because()}"


def _glass_broken(body: Body) -> str:
    return _by_glass(body, "broke the glass")


def _glass_used(body: Body) -> str:
    return _by_glass(body, "goes forward by a broken glass")


def _by_glass(body: Body, what: str) -> str:
    gates = ", ".join(str(item.get("gate", "unknown")) for item in body.each("exceptions"))
    opens = f", which opens {gates}" if gates else ""
    who = f"{body['stage']}: {body['by']} {what}, approved by nobody{opens}"
    return f"{who} ({body['ticket']}){body.because()}"


def _glass_reviewed(body: Body) -> str:
    return f"{body['stage']}: {body['by']} reviewed the broken glass{body.because()}"


def _held(body: Body) -> str:
    return f"{body.at_stage()}held by {body['by']}{body.because()}"


def _scheduled(body: Body) -> str:
    since, until = body.get("at"), body.get("expires")
    words = [f"not before {since}" if since else "at once", f"not after {until}" if until else ""]
    told = ", ".join(word for word in words if word)
    return f"{body.at_stage()}{body['by']} wants it {told}"


def _resumed(body: Body) -> str:
    return f"{body.at_stage()}{body['by']} let it go on{body.because()}"


def _abort_asked(body: Body) -> str:
    return f"{body.at_stage()}{body['by']} gives it up{body.because()}"


def _retry_asked(body: Body) -> str:
    return f"{body.at_stage()}{body['by']} has what failed tried again{body.because()}"


def _vetoed(body: Body) -> str:
    return f"{body['stage']}: {body['by']} vetoed the rollback for {body['check']}{body.because()}"


def _countdown_over(body: Body) -> str:
    return f"{body['stage']}: nobody vetoed the rollback in time"


def _noted(body: Body) -> str:
    return f"note by {body['by']}: {' '.join(body['text'].split())}"


def _closed(body: Body) -> str:
    return f"{body['by']} closed the change: {' '.join(body['outcome'].split())}"


TELLERS: Mapping[str, Callable[[Body], str]] = {
    "requested": _requested,
    "approved": _approved,
    "rejected": _rejected,
    "glass_broken": _glass_broken,
    "glass_used": _glass_used,
    "glass_reviewed": _glass_reviewed,
    "held": _held,
    "scheduled": _scheduled,
    "resumed": _resumed,
    "abort_asked": _abort_asked,
    "retry_asked": _retry_asked,
    "vetoed": _vetoed,
    "countdown_over": _countdown_over,
    "noted": _noted,
    "closed": _closed,
}
"""Sentences by the kind of entry."""
