"""The lines of `mcm verify` for people."""

from mcm.app.proof import Finding, Proof
from mcm.app.verify import Verdict, Verification
from mcm.cli.show_proof import verify_text
from mcm.core.errors import Exit


def test_what_is_broken_comes_before_what_is_proven() -> None:
    findings = (
        Finding("journal", Proof.PROVEN, "12 entries"),
        Finding("trust", Proof.MISSING, "no trust file"),
        Finding("plan", Proof.BROKEN, "edited"),
    )
    found = Verification("CM-0001", Verdict.BROKEN, ("It does not hold.",), findings, ())

    assert found.exit is Exit.REFUSED
    assert verify_text(found).splitlines() == [
        "It does not hold.",
        "",
        "  BROKEN   plan: edited",
        "  MISSING  trust: no trust file",
        "  PROVEN   journal: 12 entries",
    ]
