"""The stories of those who would go forward without a second person, and how they try."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from mcm.core import canonical
from mcm.core.errors import Exit
from mcm.core.history.journal import Draft
from mcm.core.plans.plan import Plan
from mcm.core.trust.statement import Statement, TrustRef
from mcm.trust.envelope import Envelope
from tests.kit.world import STAGE, World
from tests.simulation.setting import Setting, nothing
from tests.simulation.signers import KEYS, seal, signers, swapped_file
from tests.simulation.stories_people import FOR_NOBODY, requested

MINUTES = timedelta(minutes=1)
HOURS = timedelta(hours=1)
Cheat = Callable[[World, Plan], None]


def _in_bobs_name(world: World, plan: Plan) -> Statement:
    """Return the approval that bob never gave."""
    return world.statement(plan, "approval", **world.answer_of(plan, "bob"))


def _forged(world: World, plan: Plan) -> None:
    """mallory signs in bob's name, with a key that nobody knows."""
    said = _in_bobs_name(world, plan)
    signers(world).slip(said, seal(said, KEYS["mallory"]), "mallory")


def _borrowed(world: World, plan: Plan) -> None:
    """The requester signs in bob's name, with a key that is known for hers."""
    said = _in_bobs_name(world, plan)
    signers(world).slip(said, seal(said, KEYS["alice"]), "alice")


def _tampered(world: World, plan: Plan) -> None:
    """bob did sign, but something else than what now stands over his signature."""
    said = _in_bobs_name(world, plan)
    other = replace(said, plan="0" * 64)
    data = seal(said, KEYS["bob"], signed=canonical.encode(other.to_value()))
    signers(world).slip(said, data, "mallory")


def _other_space(world: World, plan: Plan) -> None:
    """A signature of bob's that he gave for another kind of word."""
    said = _in_bobs_name(world, plan)
    signers(world).slip(said, seal(said, KEYS["bob"], space="report.v1@mcm"), "mallory")


def _unsigned(world: World, plan: Plan) -> None:
    """Nobody signed, as is enough in a sandbox of one."""
    said = _in_bobs_name(world, plan)
    data = Envelope("approval", canonical.encode(said.to_value()), ()).to_bytes()
    signers(world).slip(said, data, "mallory")


def _not_their_stage(world: World, plan: Plan) -> None:
    """dave may approve, but not here."""
    world.sign(plan, "dave")


def _other_stage(world: World, plan: Plan) -> None:
    """dave approved the stage before, as he may."""
    world.sign(plan, "dave", stage="prod-fe")


def _other_change(world: World, plan: Plan) -> None:
    """bob's approval of another change is put into this one's inbox."""
    said = replace(_in_bobs_name(world, plan), change="CM-0000", plan="0" * 64)
    signers(world).slip(said, seal(said, KEYS["bob"]), "bob", folder=plan.change)


def _of_old_people(world: World, plan: Plan) -> None:
    """bob approved under a trust file that is no more."""
    world.sign(plan, trust=TrustRef(1, "0" * 64))


def _too_early(world: World, plan: Plan) -> None:
    """bob's approval counts from tomorrow on."""
    begins = world.clock.now() + 20 * HOURS
    world.sign(plan, not_before=begins, expires=begins + 24 * HOURS)


def _used_before(world: World, plan: Plan) -> None:
    """bob's tool gave one nonce twice, and the stage before has used it up."""
    said = world.sign(plan)
    nonce, holder = said.statement.nonce, f"{plan.digest}/prod-fe/{plan.execution}"
    claims = [{"nonce": nonce, "holder": holder}]
    body = {"stage": "prod-fe", "purpose": "promote", "why": "promote", "claims": claims}
    where = {"pipeline": _spelled(plan), "stage": "ProdFE", "execution": plan.execution}
    opens = {"op": "open_transition", **where, "version": plan.pipeline_version, "not_after": None}
    done = {"intent": 1, "result": "done", "detail": "", "code": "", "execution": ""}
    drafts = (
        Draft("intent", {**body, "instruction": opens}, world.clock.now()),
        Draft("outcome", done, world.clock.now()),
    )
    world.journal.append(plan.change, drafts, after=0, claims={nonce: holder})


def _spelled(plan: Plan) -> object:
    from mcm.core import codec

    return codec.to_value(plan.pipeline)


def _cheated(cheat: Cheat, by: str = "bob") -> Callable[[World], Setting]:
    """Return the story in which nobody but the cheat has approved; `by` answers in AWS."""

    def story(world: World) -> Setting:
        setting = requested(world, None, *FOR_NOBODY, by=by)
        cheat(world, setting.plan)
        return setting

    return story


def _plan_edited(world: World) -> Setting:
    """The plan is edited after it was approved, and still calls itself the same edition."""
    plan = world.plan()
    setting = requested(world, plan, *FOR_NOBODY)
    world.sign(plan)
    return replace(setting, plan=replace(plan, title="Something else, and nobody looked"))


def _by_its_author(world: World) -> Setting:
    """bob wrote part of it, and authors may not approve this stage."""
    plan = world.plan()
    stage = replace(plan.stages[0], forbid_authors=True)
    plan = replace(plan, stages=(stage,), authors=("Bob <bob@example.com>",))
    setting = requested(world, plan, *FOR_NOBODY)
    world.sign(plan)
    return setting


def _answered_by_another(world: World) -> Setting:
    """bob signed, and the requester answered the pipeline's approval."""
    plan = world.plan()
    world.approve(plan, answer=False)
    world.answer_approval("alice")
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, FOR_NOBODY)


def _trust_swapped(world: World) -> Setting:
    """Between request and deploy the trust file is swapped for one with a puppet in it."""
    plan = world.plan()
    signers(world).pin()
    setting = requested(world, plan, *FOR_NOBODY, by="mallory")
    return replace(setting, deed=lambda: _swap(world, plan), at_latest="start")


def _swap(world: World, plan: Plan) -> None:
    people = signers(world)
    people.file = swapped_file()
    request = world.request(plan)
    answer = {**world.answer_of(plan, "mallory"), "request": request.digest}
    said = world.statement(plan, "approval", **answer)
    people.slip(said, seal(said, KEYS["mallory"]), "mallory", genuine=True)


def _glass(world: World, person: str = "carol", **fields: object) -> Setting:
    """One person goes forward alone: carol, as she may, unless `fields` make it a cheat."""
    plan = world.plan()
    world.request(plan)
    world.break_glass(plan, person, **fields)
    signers(world).looks_for_glass = world.journal
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, FOR_NOBODY)


def _glass_broken(world: World) -> Setting:
    return replace(_glass(world), exits=frozenset({Exit.DONE, Exit.REFUSED}))


def _glass_long_ago(world: World) -> Setting:
    """Her half hour is over."""
    begins = world.clock.now() - 40 * MINUTES
    return _glass(world, not_before=begins, expires=begins + 30 * MINUTES)


def _glass_unreviewed(world: World) -> Setting:
    """Everything is signed, but what carol did alone the day before nobody has looked at."""
    plan = world.plan()
    world.approve(plan)
    begins = world.clock.now() - 25 * HOURS
    said = world.statement(
        replace(plan, change="CM-0000"),
        "breakglass",
        stage=STAGE,
        approver="carol",
        decision="break",
        reason="photos of every parcel are lost",
        ticket="INC-7",
        rollback_to=plan.stages[0].rollback_target,
        not_before=begins,
        expires=begins + 30 * MINUTES,
    )
    signers(world).take(said, "carol")
    signers(world).looks_for_glass = world.journal
    world.clock.pass_time(2 * MINUTES)
    return Setting(world, plan, nothing, FOR_NOBODY)


_CHEATS: Mapping[str, Cheat] = {
    "forged": _forged,
    "borrowed_name": _borrowed,
    "tampered": _tampered,
    "other_namespace": _other_space,
    "unsigned": _unsigned,
    "other_change": _other_change,
    "old_trust": _of_old_people,
    "too_early": _too_early,
    "used_before": _used_before,
}
CHEATS: Mapping[str, Callable[[World], Setting]] = {
    **{name: _cheated(cheat) for name, cheat in _CHEATS.items()},
    "not_their_stage": _cheated(_not_their_stage, by="dave"),
    "other_stage": _cheated(_other_stage, by="dave"),
    "plan_edited": _plan_edited,
    "author_approves": _by_its_author,
    "answered_by_another": _answered_by_another,
    "trust_swapped": _trust_swapped,
    "glass_broken": _glass_broken,
    "glass_without_role": lambda world: _glass(world, "bob"),
    "glass_other_stage": lambda world: _glass(world, stage="prod-fe"),
    "glass_long_ago": _glass_long_ago,
    "glass_unreviewed": _glass_unreviewed,
}
