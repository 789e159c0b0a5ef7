"""Planning over the example: editions, what stands in the way, and plans that were moved."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from mcm.app.local_source import no_calendars
from mcm.app.planning import (
    Files,
    Nobody,
    NoPlanError,
    PlanChangedError,
    check_current,
    load_plan,
    plan_change,
)
from mcm.core.commits.commit_range import CommitRange, GitCommit, build_range
from mcm.core.errors import BlindError, RefusedError, UsageError
from mcm.core.plans.plan import Package, Plan
from mcm.core.revision import Revision
from mcm.core.trust.authorship import Approvers, Written
from mcm.core.windows.hours import Calendar, CalendarSource, Event
from mcm.core.windows.window import Freeze
from tests.kit.files import Shelf, make_files
from tests.kit.world import World
from tests.planned import as_an_earlier_mcm_wrote


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def files(world: World) -> Files:
    return make_files(world)


def test_the_plan_pins_what_waits_and_knows_the_way_back(world: World, files: Files) -> None:
    shelf = Shelf()
    planned = plan_change(files, world.runner().observer, shelf, world.journal)
    example = world.plan()

    assert (planned.is_new, planned.plan.edition) == (True, 1)
    assert planned.plan.execution == example.execution
    assert planned.plan.stages[0].rollback_target == example.stages[0].rollback_target
    assert shelf.data == planned.plan.to_bytes()
    (entry,) = world.journal.entries("CM-0001")
    assert (entry.kind, entry.body["plan"]) == ("planned", planned.plan.digest)


def test_the_same_again_is_no_new_edition(world: World, files: Files) -> None:
    shelf = Shelf()
    first = plan_change(files, world.runner().observer, shelf, world.journal)
    again = plan_change(files, world.runner().observer, shelf, world.journal)

    assert (again.plan, again.is_new) == (first.plan, False)
    assert len(world.journal.entries("CM-0001")) == 1


def test_a_plan_that_somebody_broke_gets_a_next_edition(world: World, files: Files) -> None:
    shelf = Shelf()
    plan_change(files, world.runner().observer, shelf, world.journal)
    shelf.data = b"{}"
    planned = plan_change(files, world.runner().observer, shelf, world.journal)

    assert (planned.plan.edition, planned.is_new) == (2, True)


def test_what_stands_in_the_way_is_listed_and_nothing_is_written(
    world: World, files: Files
) -> None:
    other = replace(files.change, execution="0" * 36)
    shelf = Shelf()
    with pytest.raises(NoPlanError) as caught:
        plan_change(replace(files, change=other), world.runner().observer, shelf, world.journal)

    assert len(caught.value.details) == 1
    assert (shelf.data, world.journal.entries("CM-0001")) == (None, ())


def test_without_credentials_it_is_blind(world: World, files: Files) -> None:
    world.engine.fault("expired-credentials")
    with pytest.raises(BlindError):
        plan_change(files, world.runner().observer, Shelf(), world.journal)


def test_there_must_be_a_plan_to_load() -> None:
    with pytest.raises(UsageError, match="CM-0001 has no plan yet"):
        load_plan(Shelf(), "CM-0001")


def planned(world: World, files: Files) -> Plan:
    return plan_change(files, world.runner().observer, Shelf(), world.journal).plan


def test_a_plan_is_current_while_its_files_say_the_same(world: World, files: Files) -> None:
    """Also when AWS has moved on since: the gates ask that, at the moment of acting."""
    plan = planned(world, files)
    world.answer_approval()

    check_current(files, plan, world.journal)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"title": "Another"}, "title: "),
        ({"answers": {}}, "answers"),
        ({"expect": {}}, "stages[prod-us].expect"),
        ({"requester": "carol"}, "requester: alice → carol"),
        ({"stages": ("prod-fe", "prod-us")}, "stages[prod-fe]: added"),
        ({"execution": "e9"}, "execution: "),
    ],
)
def test_a_change_that_was_edited_voids_its_plan(
    world: World, files: Files, change: dict[str, object], line: str
) -> None:
    plan = planned(world, files)
    edited = replace(files.change, **change)  # type: ignore[arg-type]
    with pytest.raises(PlanChangedError) as caught:
        check_current(replace(files, change=edited), plan, world.journal)

    assert any(line in each for each in caught.value.details), caught.value.details


def test_nothing_goes_forward_by_a_plan_of_an_earlier_mcm(world: World, files: Files) -> None:
    """Also where all that it lacks would be as it is now; the next edition is whole."""
    shelf = Shelf()
    plan = plan_change(files, world.runner().observer, shelf, world.journal).plan
    shelf.data = as_an_earlier_mcm_wrote(plan)
    with pytest.raises(PlanChangedError) as caught:
        check_current(files, load_plan(shelf, plan.change), world.journal)

    assert caught.value.details == ("an earlier mcm wrote it, which knew less than this one",)
    assert str(caught.value.hint).startswith("Run `mcm plan CM-0001`, then `mcm request`")
    again = plan_change(files, world.runner().observer, shelf, world.journal)
    assert (again.plan.edition, again.is_new, again.plan.is_older) == (2, True, False)


def test_while_a_stage_is_out_there_nobody_is_told_to_plan_anew(world: World, files: Files) -> None:
    """Another plan.json would leave the stage that bakes to nobody."""
    plan = planned(world, files)
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))

    def leave() -> None:
        raise KeyboardInterrupt

    world.when("bake_started", leave)
    with pytest.raises(KeyboardInterrupt):
        world.deploy(plan, patience=timedelta(hours=1))
    edited = replace(files, change=replace(files.change, title="Another"))
    with pytest.raises(PlanChangedError) as caught:
        check_current(edited, plan, world.journal)

    assert str(caught.value.hint).startswith("prod-us is out there: `mcm tick CM-0001` watches it")


def test_no_other_plan_takes_the_place_of_one_that_a_stage_is_out_there_by(
    world: World, files: Files
) -> None:
    """Refused before AWS is asked and before anything is written."""
    shelf = Shelf()
    plan = plan_change(files, world.runner().observer, shelf, world.journal).plan
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))

    def leave() -> None:
        raise KeyboardInterrupt

    world.when("bake_started", leave)
    with pytest.raises(KeyboardInterrupt):
        world.deploy(plan, patience=timedelta(hours=1))
    written = world.kinds()
    edited = replace(files, change=replace(files.change, title="Another"))
    with pytest.raises(RefusedError) as caught:
        plan_change(edited, world.runner().observer, shelf, world.journal)

    assert caught.value.code == "E_UNDER_WAY"
    assert str(caught.value).startswith("prod-us is out there by the plan of now")
    assert (shelf.data, world.kinds()) == (plan.to_bytes(), written)


@pytest.mark.parametrize(
    ("left_at", "expected"),
    [
        ("outcome", nullcontext()),  # the way in was open, and it waits behind it again
        ("bake_started", pytest.raises(NoPlanError)),  # for want of an execution that waits
    ],
)
def test_a_stage_whose_plan_is_broken_is_planned_anew_once_it_went_back(
    world: World, files: Files, left_at: str, expected: AbstractContextManager[object]
) -> None:
    """No walk can be turned by that plan, so none will ever note how the stage ended."""
    shelf = Shelf()
    plan = plan_change(files, world.runner().observer, shelf, world.journal).plan
    world.approve(plan)
    world.clock.pass_time(timedelta(minutes=2))

    def leave() -> None:
        raise KeyboardInterrupt

    world.when(left_at, leave)
    with pytest.raises(KeyboardInterrupt):
        world.deploy(plan, patience=timedelta(hours=1))
    shelf.data = b"{}"
    with pytest.raises(RefusedError) as caught:
        plan_change(files, world.runner().observer, shelf, world.journal)
    hint = str(caught.value.hint)

    assert (caught.value.code, "mcm watch" in hint) == ("E_UNDER_WAY", False)
    assert hint.startswith("Its plan.json cannot be read: put the one back that was approved")
    assert "`mcm rollback --stage prod-us`" in hint
    world.roll_back("CM-0001")
    with expected:
        assert plan_change(files, world.runner().observer, shelf, world.journal).is_new


def test_a_plan_that_cannot_be_read_says_how_to_get_another(world: World, files: Files) -> None:
    shelf = Shelf()
    shelf.data = b"{}"
    with pytest.raises(RefusedError) as caught:
        load_plan(shelf, "CM-0001")

    assert "`mcm plan CM-0001` makes a new one" in str(caught.value.hint)


def test_another_realm_or_another_definition_voids_it(world: World, files: Files) -> None:
    plan = planned(world, files)
    moved = {name: {**value, "about": "x"} for name, value in files.definitions.items()}
    for other in (replace(files, realm="sandbox:other"), replace(files, definitions=moved)):
        with pytest.raises(PlanChangedError):
            check_current(other, plan, world.journal)


PEAK = Freeze(
    "peak",
    datetime.fromisoformat("2026-11-25"),
    datetime.fromisoformat("2026-12-02"),
    "UTC",
    "peak season",
)


def with_freezes(files: Files, *freezes: Freeze) -> Files:
    return replace(files, service=replace(files.service, freezes=freezes))


def test_a_freeze_added_since_voids_no_signature(world: World, files: Files) -> None:
    """The gates read freezes live, and a new one can only close."""
    plan = planned(world, with_freezes(files, PEAK))
    other = replace(PEAK, name="audit")

    check_current(with_freezes(files, PEAK, other), plan, world.journal)
    check_current(with_freezes(files, other, PEAK), plan, world.journal)


@pytest.mark.parametrize(
    "freezes", [(), (replace(PEAK, end=datetime.fromisoformat("2026-11-26")),)]
)
def test_a_freeze_that_was_signed_cannot_go_or_shrink(
    world: World, files: Files, freezes: tuple[Freeze, ...]
) -> None:
    plan = planned(world, with_freezes(files, PEAK))
    other = replace(PEAK, name="audit")
    with pytest.raises(PlanChangedError) as caught:
        check_current(with_freezes(files, *freezes, other), plan, world.journal)

    assert all("freezes[peak]" in line for line in caught.value.details)


DAYS = CalendarSource("days", "ics", "days.ics", "America/Los_Angeles")
XMAS = Event(*map(datetime.fromisoformat, ("2026-12-25", "2026-12-26")), "Christmas")


def with_calendar(files: Files, *events: Event) -> Files:
    """Deny the stage by a calendar of these events."""
    stages = tuple(
        replace(each, window=replace(each.window, deny=("days",)))
        for each in files.service.stages
        if each.window is not None
    )
    service = replace(files.service, stages=stages, calendars=(DAYS,))

    def read(names: tuple[str, ...], until: datetime) -> tuple[Calendar, ...]:
        assert names == ("days",)
        return (Calendar("days", "ics", "days.ics", DAYS.timezone, events, until),)

    return replace(files, service=service, read_calendars=read)


def test_what_a_calendar_says_is_in_the_plans_bytes(world: World, files: Files) -> None:
    """Approver and requester mean the same days, whatever their packages say."""
    plan = planned(world, with_calendar(files, XMAS))

    (calendar,) = plan.calendars
    assert calendar.events == (XMAS,)
    assert calendar.until == datetime.fromisoformat("2028-01-01")
    assert b"Christmas" in plan.to_bytes()
    assert Plan.from_bytes(plan.to_bytes()) == plan


def test_a_calendar_that_changed_voids_no_signature(world: World, files: Files) -> None:
    """The gates read it live, where it can only close; another calendar is another plan."""
    plan = planned(world, with_calendar(files, XMAS))

    check_current(with_calendar(files), plan, world.journal)
    moved = replace(DAYS, source="other.ics")
    other = with_calendar(files, XMAS)
    other = replace(other, service=replace(other.service, calendars=(moved,)))
    with pytest.raises(PlanChangedError) as caught:
        check_current(other, plan, world.journal)
    assert caught.value.details == ("calendars[days].source: days.ics → other.ics",)


def test_planning_again_takes_the_days_that_a_calendar_got(world: World, files: Files) -> None:
    shelf = Shelf()
    observer = world.runner().observer
    plan_change(with_calendar(files), observer, shelf, world.journal)
    again = plan_change(with_calendar(files, XMAS), observer, shelf, world.journal)

    assert again.is_new
    assert again.plan.calendars[0].events == (XMAS,)


def test_a_calendar_that_cannot_be_read_makes_no_plan(world: World, files: Files) -> None:
    of = replace(with_calendar(files), read_calendars=no_calendars)

    with pytest.raises(NoPlanError) as caught:
        planned(world, of)
    assert caught.value.details == (
        "a calendar cannot be read: nothing here reads calendars: days",
    )


def test_what_aws_said_cannot_be_edited_in_the_file(world: World, files: Files) -> None:
    """The files know no rollback target, but the journal knows the edition's digest."""
    plan = planned(world, files)
    stage = replace(plan.stages[0], rollback_target="somewhere-else")
    edited = replace(plan, stages=(stage,))
    with pytest.raises(PlanChangedError, match="E_PLAN_CHANGED"):
        check_current(files, edited, world.journal)


class Team:
    """People of the planning: bob wrote all of it, and three others may approve."""

    def __init__(self) -> None:
        self.left = ("carol", "dave", "erin")
        self.has: tuple[CommitRange, ...] = ()
        """What the clone knows; without it the commits are unknown."""

    def wrote(self, packages: tuple[Package, ...]) -> Written:
        return Written(("Bob <bob@example.com>",) if packages else ())

    def ranges(
        self, packages: tuple[Package, ...], revisions: tuple[Revision, ...]
    ) -> tuple[CommitRange, ...]:
        return self.has or Nobody().ranges(packages, revisions)

    def approvers(self, plan: Plan, authors: tuple[str, ...]) -> Mapping[str, Approvers]:
        return {s.name: Approvers(self.left, ("bob",) if authors else ()) for s in plan.stages}


def test_threat_10_authors_are_frozen_with_the_plan(world: World, files: Files) -> None:
    """And stay as they were signed when the files are compared later."""
    observer, shelf, team = world.runner().observer, Shelf(), Team()
    planned = plan_change(files, observer, shelf, world.journal, team)

    assert planned.plan.authors == ("Bob <bob@example.com>",)
    assert planned.plan.stages[0].forbid_authors
    check_current(files, planned.plan, world.journal)
    assert not plan_change(files, observer, shelf, world.journal, team).is_new


def test_threat_10_a_plan_without_its_authors_is_not_the_plan(world: World, files: Files) -> None:
    planned = plan_change(files, world.runner().observer, Shelf(), world.journal, Team())
    with pytest.raises(PlanChangedError):
        check_current(files, replace(planned.plan, authors=()), world.journal)


def test_fewer_approvers_make_another_edition(world: World, files: Files) -> None:
    """Whom a stage excludes is signed, so it is planned anew."""
    observer, shelf, team = world.runner().observer, Shelf(), Team()
    plan_change(files, observer, shelf, world.journal, team)
    team.left = ("carol",)
    planned = plan_change(files, observer, shelf, world.journal, team)

    assert (planned.plan.edition, planned.plan.stages[0].forbid_authors) == (2, False)
    assert any("bob wrote part of this" in line for line in planned.warnings)


def test_a_plan_that_nobody_looked_into_says_so(world: World, files: Files) -> None:
    planned = plan_change(files, world.runner().observer, Shelf(), world.journal)

    assert (planned.plan.authors, planned.plan.authors_unknown) == ((), "nobody looked")


def test_commits_that_no_clone_has_are_the_heads_that_aws_names(world: World, files: Files) -> None:
    planned = plan_change(files, world.runner().observer, Shelf(), world.journal)
    packages = {package.name: package for package in planned.plan.packages}

    assert {each.name for each in planned.plan.ranges} == set(packages)
    for each in planned.plan.ranges:
        assert each.unknown == "nobody looked"
        assert each.commits[0].id == packages[each.name].after
        assert packages[each.name].before not in {commit.id for commit in each.commits}


def test_what_a_clone_knows_of_the_commits_is_signed_and_stays(world: World, files: Files) -> None:
    """A clone that forgets them, and a file that changed, void nothing of it."""
    observer, shelf, team = world.runner().observer, Shelf(), Team()
    name = plan_change(files, observer, shelf, world.journal, team).plan.packages[0].name
    team.has = (build_range(name, [GitCommit("a" * 40, (), "Bob", "Add it", "")]),)
    learned = plan_change(files, observer, shelf, world.journal, team)
    team.has = ()
    forgot = plan_change(files, observer, shelf, world.journal, team)

    assert (learned.plan.edition, learned.is_new) == (2, True)
    assert next(r for r in forgot.plan.ranges if r.name == name).commits[0].subject == "Add it"
    check_current(files, learned.plan, world.journal)
    with pytest.raises(PlanChangedError):
        check_current(files, replace(learned.plan, ranges=()), world.journal)
