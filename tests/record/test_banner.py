"""What everybody must know stands first in a record: who went alone, and what was opened."""

from dataclasses import replace
from datetime import timedelta

from mcm.core.history.journal import Draft, chain_all
from mcm.core.plans.plan import Exemption
from mcm.core.trust.statement import Opening
from mcm.core.walking.notes import glass_broken
from mcm.record.build import build_view
from mcm.record.render import render_record
from tests.core.approvals import a_glass, an_approval, signed
from tests.planned import NOW
from tests.record.story import CHANGE, plan


def head(text: str) -> str:
    """Return what stands above the first table."""
    return text[: text.index("| | |")]


def test_exceptions_stand_first() -> None:
    exceptions = (Exemption("freeze:peak", "this change *is* the fix", NOW + timedelta(hours=2)),)
    of = replace(plan(), exceptions=exceptions)

    text = head(render_record(build_view(CHANGE, of)))

    assert "**EXCEPTION: the gate freeze" in text
    assert "is the fix" not in text  # its asterisks are text, not emphasis
    assert "&#42;is&#42;" in text or "\\*is\\*" in text


def test_a_broken_glass_stands_first_until_and_after_its_review() -> None:
    of = plan()
    opening = Opening("window", "the fix cannot wait for tonight")
    glass = a_glass(change=CHANGE.id, exceptions=(opening,))
    broken = glass_broken(glass, glass.digest, NOW)
    entries = chain_all(None, [broken, Draft("glass_used", broken.body, NOW)])
    review = an_approval(
        "bob", change=CHANGE.id, kind="review", decision="reviewed", request=glass.digest
    )

    alone = build_view(CHANGE, of, entries=entries, statements=[signed(glass)])
    both = build_view(CHANGE, of, entries=entries, statements=[signed(glass), signed(review)])

    assert alone.banner[0].startswith("GLASS BROKEN: carol went forward alone into prod-us")
    assert "Opened window: the fix cannot wait for tonight." in alone.banner[0]
    assert alone.banner[0].endswith("NOT REVIEWED by anybody.")
    assert both.banner[0].endswith("Reviewed by bob.")
    assert "**GLASS BROKEN" in head(render_record(alone))


def test_without_either_there_is_no_banner() -> None:
    assert build_view(CHANGE, plan()).banner == ()
