"""What `mcm verify` prints for people: first what can be read aloud, then each finding."""

from typing import TYPE_CHECKING

from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.app.verify import Verification

_LIMIT = 600


def verify_text(found: "Verification") -> str:
    """Return what was proven: first the sentences for a manager, then every finding."""
    sentences = [clean(sentence, _LIMIT) for sentence in found.sentences]
    order = ("broken", "missing", "proven", "noted")
    findings = sorted(found.findings, key=lambda finding: order.index(finding.proof))
    lines = [f"  {f.proof.upper():<8} {f.part}: {clean(f.text, _LIMIT)}" for f in findings]
    return "\n".join((*sentences, "", *lines))
