"""Whether AWS still bears out an approval that was given in the pipeline itself."""

from datetime import datetime

from mcm.app.evidence import Evidence
from mcm.core.history import anchor
from mcm.core.plans.plan import Plan
from mcm.core.trust.authorship import excluded
from mcm.core.trust.counting import loosely, spellings
from mcm.core.trust.principal import find as find_principal


def broken_answer(
    plan: Plan, stage: str, person: str, answered: datetime, promoted: datetime
) -> str:
    """Return why such an approval could not count for this plan's stage; empty when it could."""
    found = plan.stage(stage)
    name = loosely(person)
    if loosely(plan.requester) == name:
        return "by the requester"
    if found is not None and name in set(spellings(excluded(plan, found))):
        return "by an author"
    if found is not None and found.touch:
        return "without a touched security key"
    return "after the promotion" if answered > promoted else ""


def find_answer(
    evidence: Evidence, plan: str, stage: str, person: str, arn: str
) -> tuple[datetime | None, str]:
    """Return when AWS says that `person` answered as `arn` with this plan's line.

    None, and why not, when AWS was not asked, says otherwise, or names somebody else.
    """
    if not evidence.answers:
        return None, "which AWS alone can say: `mcm verify --aws` asks it"
    from mcm.core.pipeline import SUCCEEDED  # a verify that asks no AWS needs none of it

    line = anchor.console_line(evidence.change, stage, plan)
    for run in evidence.answers:
        same = (run.answered_by, run.summary.strip(), run.status) == (arn, line, SUCCEEDED)
        if same and run.updated is not None:
            caller = find_principal(arn)
            if caller is None or evidence.callers.get(caller) != person:
                return None, f"who is not {person} in today's trust file"
            return run.updated, ""
    return None, "which AWS does not say any more"
