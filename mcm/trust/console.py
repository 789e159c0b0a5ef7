"""An approval given in the pipeline itself: AWS's word for who answered, and with what line.

An approver without mcm at hand pastes `mcm1 CHANGE STAGE DIGEST12` as the comment of the
approval action. Twelve digits of the plan's digest say what was approved; that nobody but
the caller could write under this name, AWS says. It is weaker than a signature: it holds
as long as AWS's answer does, and no file can stand for it. So it is made anew from each
reading, and then judged by the guard like any other approval.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mcm.core import canonical
from mcm.core.errors import RefusedError
from mcm.core.history import anchor
from mcm.core.pipeline import SUCCEEDED, ActionRun
from mcm.core.trust import counting
from mcm.core.trust.counting import Promotion
from mcm.core.trust.guard import CLOCK_SKEW
from mcm.core.trust.statement import APPROVAL_LIFE, Rejected, Statement, Verified
from mcm.trust.identity import person_of
from mcm.trust.persons import TrustFile
from mcm.trust.verify import from_answer


def console_approval(
    run: ActionRun,
    promotion: Promotion,
    requests: Sequence[Verified],
    trust: TrustFile,
    now: datetime,
    life: timedelta = APPROVAL_LIFE,
) -> Verified | Rejected | None:
    """Return what an answered approval action of the pinned execution says for `promotion`.

    `run` is as AWS shows it now, `requests` are the verified ones of the inbox, `life` is
    how long an approval given then counts. None for an answer that is no such line, and for
    one that AWS's clock puts a little ahead of ours; Rejected, with its code, for one that
    cannot count: another change, stage or plan, a caller who is nobody or may have chosen
    the name, a person who may not approve this, no request before it.
    """
    said = anchor.read_console_line(run.summary)
    if said is None or run.status != SUCCEEDED or not run.id or run.updated is None:
        return None
    if now < run.updated <= now + CLOCK_SKEW:
        return None
    try:
        _check_line(said, promotion, run)
        if run.updated > now:
            raise RefusedError("E_CLOCK", f"it was given at {run.updated}, and it is {now}")
        person = person_of(trust, run.answered_by)
        asked = _asked(promotion, requests, run.updated)
        statement = Statement(
            kind="approval",
            realm=promotion.realm,
            change=promotion.change,
            edition=promotion.edition,
            plan=promotion.plan,
            stage=promotion.stage,
            pipeline=promotion.pipeline,
            execution=promotion.execution,
            rollback_to=promotion.rollback_to,
            request=asked.digest,
            requester=asked.statement.requester,
            approver=person.id,
            decision="approve",
            trust=trust.ref,
            not_before=run.updated,
            expires=run.updated + min(life, APPROVAL_LIFE),
            nonce=canonical.digest(["mcm console", promotion.realm, promotion.pipeline, run.id]),
        )
        return from_answer(statement, person, run.answered_by, trust, now)
    except RefusedError as err:
        # In the form of a file's name: the guard goes by it for whom a refusal concerns.
        source = f"approval-{promotion.edition}-{promotion.stage}-console.json"
        where = f"the answer to {run.stage}/{run.action}"
        return Rejected(source, err.code, f"{where}: {err}")


def _check_line(said: anchor.Summary, promotion: Promotion, run: ActionRun) -> None:
    if (said.change, said.stage) != (promotion.change, promotion.stage):
        what = f"{said.change} {said.stage}, not {promotion.change} {promotion.stage}"
        raise RefusedError("E_REQUEST_MISMATCH", f"it is about {what}")
    if said.statement != promotion.plan[: anchor.DIGITS]:
        raise RefusedError(
            "E_PLAN_CHANGED", f"it names plan {said.statement}, this is {promotion.plan[:12]}"
        )
    if not run.answered_by:
        raise RefusedError("E_NOT_A_PERSON", "AWS does not say who gave it")


def _asked(promotion: Promotion, requests: Sequence[Verified], at: datetime) -> Verified:
    """Return the request that was there to be answered; the two clocks may differ a little."""
    found = [
        each
        for each in requests
        if each.statement.kind == "request"
        and counting.mismatch(promotion, each.statement) is None
        and each.statement.not_before <= at + CLOCK_SKEW
    ]
    if not found:
        raise RefusedError("E_REQUEST_MISMATCH", "nobody had requested this plan by then")
    return max(found, key=lambda each: (each.statement.not_before, each.digest))
