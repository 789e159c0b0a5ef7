"""The summary for a ticket: short, whole, and honest about what nobody knows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mcm.app.oncall import build_facts
from mcm.app.ticket import MOST, Ending, rung_lines, ticket_lines
from mcm.core import commands
from mcm.core.history.state import Rollback
from tests.app.scenes import OLD, past, revision, run, scene
from tests.kit.readings import NOW, go_back

DONE = Rollback(
    started=1,
    at=NOW,
    source="new",
    target="old",
    why="asked for at the command line",
    seen=(),
    ended_at=NOW + timedelta(minutes=6, seconds=12),
    outcome="rolled_back",
    verified="yes",
    detail="photo-check-us serves its old content",
)
ENDING = Ending(DONE.ended_at or NOW, "arn:aws:iam::1:user/alice", True, "CM-0001")
FACTS = build_facts(scene(), past())


def test_it_has_everything_that_a_ticket_wants() -> None:
    opens = commands.aws_reopen(go_back().pipeline, "ProdUS")
    checked = "the content is what it was before, verified"

    assert ticket_lines(go_back(), DONE, FACTS, ENDING) == (
        "ROLLBACK prod-us (ProdUS of ParcelPhotoCheck, us-east-1): done",
        "when    2026-03-18 10:00:00Z to 10:06:12Z, 6m12s",
        "by      arn:aws:iam::1:user/alice",
        "from    new",
        "to      old",
        "took back Code c2 Change c2",
        f"checked {checked} (photo-check-us serves its old content)",
        "left    the way into ProdUS closed; it opens by one of",
        "        mcm reopen --stage prod-us",
        f"        {opens}",
        "journal mcm log CM-0001",
    )


def test_a_rung_of_the_ladder_says_what_it_did_and_that_drift_is_left() -> None:
    began = NOW - timedelta(minutes=4)
    lines = rung_lines(go_back(), "endpoint", "photo has its old config", "new", began, ENDING)

    assert lines[:5] == (
        "PUT BACK prod-us (ProdUS of ParcelPhotoCheck, us-east-1): done by the rung endpoint",
        "when    2026-03-18 09:56:00Z to 10:06:12Z, 10m12s",
        "by      arn:aws:iam::1:user/alice",
        "from    new",
        "did     photo has its old config",
    )
    assert lines[5].startswith("left    drift: ")
    again = rung_lines(go_back(), "redeploy", "the old revisions", "new", began, ENDING)
    assert not any("drift" in line for line in again)


def test_a_way_in_that_deploy_opens_needs_nobody_to_open_it() -> None:
    """`mcm reopen` would refuse it: it is closed between promotions."""
    lines = ticket_lines(replace(go_back(), deploy_opens=True), DONE, FACTS, ENDING)

    assert "left    the way into ProdUS closed: `mcm deploy` opens it" in lines
    assert not any("reopen" in line for line in lines)


def test_what_was_shown_of_another_target_is_not_told_of_this_one() -> None:
    """Others went further back while the screen stood; the commits shown are not all."""
    text = "\n".join(ticket_lines(go_back(), replace(DONE, target="older"), FACTS, ENDING))

    assert "to      older" in text
    assert "took back commits that are unknown" in text


def test_what_nobody_knows_is_said_to_be_unknown() -> None:
    bare = replace(DONE, source="", target="", verified="unverified", detail="")
    text = "\n".join(ticket_lines(go_back(), bare, None, Ending(NOW, "", None)))

    assert "from    unknown" in text
    assert "to      unknown" in text
    assert "took back commits that are unknown" in text
    assert "checked the content could not be verified" in text
    assert "whether the way in is closed is unknown" in text


def test_a_rollback_of_others_names_who_began_it() -> None:
    theirs = replace(DONE, adopted=True, why="already under way since 10:00:00Z by carol")
    text = "\n".join(ticket_lines(go_back(), theirs, FACTS, ENDING))

    assert "by      already under way since 10:00:00Z by carol; followed by arn" in text


@pytest.mark.parametrize("outcome", ["failed", ""])
def test_one_that_failed_does_not_look_done(outcome: str) -> None:
    first = ticket_lines(go_back(), replace(DONE, outcome=outcome), FACTS, ENDING)[0]

    assert first.endswith((": FAILED", ": UNKNOWN"))


def test_however_many_commits_it_stays_short_and_plain() -> None:
    many = run("new", *(revision(f"c{n}", f"S{n}", "\x1b[2Jboo\n" * 50) for n in range(80)))
    lines = ticket_lines(
        go_back(), DONE, build_facts(scene(), past(executions=(many, OLD))), ENDING
    )

    assert len(lines) <= MOST
    assert "(and 77 more commits)" in "\n".join(lines)
    assert all(line.isprintable() for line in lines)
