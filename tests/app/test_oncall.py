"""What on-call is told before a rollback; what is unknown is said to be, and stops nothing."""

from dataclasses import replace
from datetime import timedelta

from mcm.app.oncall import build_facts, commit_queries, past_queries, with_commits
from mcm.core.past import Commits, GitCommit
from mcm.core.query import PipelineQuery, Query
from mcm.core.reading import Known, Reading, Readings
from tests.app.scenes import (
    ENTERED,
    NEW,
    OLD,
    PASSAGES,
    passage,
    past,
    revision,
    run,
    scene,
)
from tests.kit.readings import (
    NOW,
    PIPELINE,
    go_back,
    history,
    pipeline_view,
    stage,
    unknown,
)
from tests.planned import make_plan

HOUR = timedelta(hours=1)


def test_nothing_known_is_still_a_set_of_facts() -> None:
    facts = build_facts(scene(source="", target=""), Readings({}, NOW))

    assert facts.entered is None
    assert facts.commits is None
    assert facts.expected is None
    assert facts.whose == facts.way_in == ""
    assert facts.why_unknown == {"past": "not read", "executions": "not read"}


def test_what_runs_since_when_and_what_it_goes_back_to() -> None:
    facts = build_facts(scene(), past())

    assert (facts.current.execution, facts.current.since) == ("new", ENTERED)
    assert facts.target.execution == "old"
    assert facts.target.since == NOW - timedelta(days=2)
    assert facts.current.revisions == NEW.revisions


def test_only_what_the_target_does_not_have_is_taken_back() -> None:
    facts = build_facts(scene(), past())

    assert facts.commits is not None
    assert [each.revision.id for each in facts.commits] == ["c2"]


def test_executions_in_between_are_taken_back_too() -> None:
    """Failed ones as well; a rollback in between is no content of its own."""
    middle = passage("middle", NOW - 20 * HOUR, status="Failed")
    back = passage("back", NOW - 10 * HOUR)
    runs = (NEW, run("back", type="ROLLBACK"), run("middle", revision("c1b")), OLD)
    facts = build_facts(scene(), past((PASSAGES[0], back, middle, PASSAGES[1]), runs))

    assert facts.between == ("middle",)
    assert facts.commits is not None
    assert [(each.revision.id, each.execution) for each in facts.commits] == [
        ("c2", "new"),
        ("c1b", "middle"),
    ]


def test_without_revisions_nobody_claims_to_know_the_commits() -> None:
    facts = build_facts(scene(), past(executions=(replace(NEW, revisions=()), OLD)))

    assert facts.commits is None


def test_history_tells_what_the_lists_do_not() -> None:
    facts = build_facts(
        scene(), past(unknown(), unknown(), succeeded=history((("new", 1), ("old", 30))))
    )

    assert facts.entered == NOW - HOUR
    assert facts.target.since == NOW - 30 * HOUR
    assert facts.why_unknown["past"] == "no reply"


def test_whose_change_it_is_the_plan_knows_best_and_then_the_trigger() -> None:
    plan = make_plan()
    by_plan = build_facts(scene(plan=plan, operator="alice"), past())
    by_trigger = build_facts(scene(), past())

    assert by_plan.whose.startswith(f"{plan.change} ({plan.title}), asked for by {plan.requester}")
    assert by_plan.whose.endswith("promoted by alice")
    assert by_trigger.whose == "started by arn:aws:iam::1:user/carol"


def test_what_else_is_under_way_rollbacks_first() -> None:
    view = pipeline_view(
        stage("x1", "InProgress", name="ProdEU"),
        stage("r1", "InProgress", kind="ROLLBACK", name="ProdFE"),
        stage("new", "InProgress", inbound=("e9",), enabled=True),
    )
    facts = build_facts(scene(), past(view=view))

    assert facts.under_way == (
        "ProdFE is rolling back (r1)",
        "ProdUS is deploying: that is stopped first (new)",
        "e9 waits in front of ProdUS",
        "x1 runs in ProdEU",
    )
    assert facts.way_in == "the way in is open: it is closed first and stays closed"
    assert facts.is_running


def test_rollbacks_of_before_tell_how_long_it_takes_better_than_deployments() -> None:
    deployed = build_facts(scene(), past()).expected
    back = passage("back", NOW - 10 * HOUR, takes=2)
    slow = passage("slow", NOW - 9 * HOUR, takes=40, status="Failed")
    runs = (NEW, run("back", type="ROLLBACK"), OLD)
    rolled = build_facts(scene(), past((*PASSAGES, slow, back), runs)).expected

    assert deployed is not None
    assert (deployed.count, deployed.by_rollbacks) == (2, False)
    assert (deployed.least, deployed.most) == (timedelta(minutes=5), timedelta(minutes=7))
    assert rolled is not None
    assert (rolled.middle, rolled.count, rolled.by_rollbacks) == (timedelta(minutes=2), 1, True)


def test_a_stage_that_was_rolled_back_is_there_since_its_rollback() -> None:
    view = pipeline_view(stage("back", kind="ROLLBACK"))
    back = passage("back", NOW - HOUR)
    facts = build_facts(scene(source="old", target="older"), past((back, *PASSAGES), view=view))

    assert facts.by_rollback
    assert facts.entered == NOW - HOUR


def test_its_queries_are_of_the_pipeline_alone() -> None:
    assert all(query.pipeline == PIPELINE for query in past_queries(go_back()))  # type: ignore[union-attr]
    assert PipelineQuery(PIPELINE) not in past_queries(go_back())


def test_a_clone_tells_the_commits_between_the_heads() -> None:
    facts = build_facts(scene(), past())
    (query,) = commit_queries(facts)
    commit = GitCommit("c2", "bob", "Change c2")
    known: dict[Query, Reading] = {query: Known(Commits((commit,), more=True), NOW)}

    assert (query.old, query.new) == ("c1", "c2")
    assert with_commits(facts, Readings(known, NOW)).git == (commit,)
    assert with_commits(facts, Readings({}, NOW)) == facts
