"""`person`: somebody's signed word that they see a breach is one, with its evidence.

A program does not see everything: `mcm report` lets anybody in the trust file say what
they see. A report is about one plan and one promotion of it; older ones do not count.
"""

from mcm.core.checks.watch import Watch
from mcm.core.plans.plan import Guardrail
from mcm.core.query import InboxQuery, Query
from mcm.core.reading import Readings
from mcm.core.sanitize import clean
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Verified
from mcm.core.verdict import Kind, Verdict


def queries(_guardrail: Guardrail, watch: Watch) -> frozenset[Query]:
    """One query: what people have said of the change."""
    return frozenset({InboxQuery(watch.change)}) if watch.change else frozenset()


def judge(guardrail: Guardrail, watch: Watch, readings: Readings) -> Verdict:
    """A report about this plan and stage is a breach."""
    query = InboxQuery(watch.change)
    inbox = readings.known(query, Inbox)
    if inbox is None:
        why = readings.why_unknown(query) if watch.change else "a report is about a change"
        return Verdict(guardrail.name, Kind.ERROR, why or "what people said cannot be read")
    found = [each for each in inbox.verified if _counts(each, watch)]
    if not found:
        return Verdict(guardrail.name, Kind.PASS, "nobody reports a breach")
    told = tuple(_told(each) for each in found)
    return Verdict(guardrail.name, Kind.BREACH, told[0], told, count=len(found))


def _counts(each: Verified, watch: Watch) -> bool:
    said = each.statement
    here = said.kind == "report" and said.change == watch.change and said.plan == watch.plan
    if not here or said.stage not in ("", watch.stage.name):
        return False
    return watch.since is None or said.not_before >= watch.since


def _told(each: Verified) -> str:
    said = each.statement
    return f"{each.person} reports at {said.not_before:%H:%M:%SZ}: {clean(said.reason, 300)}"
