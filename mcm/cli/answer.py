"""The approver's own answer to the pipeline, with the approver's own credentials."""

from dataclasses import replace

from mcm.app.answering import Signed, answer, check_caller
from mcm.app.observing import Observer
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.cli.compose import Connections, Project
from mcm.cli.lines import say
from mcm.core.errors import Exit
from mcm.core.plans.plan import Plan, StagePlan
from mcm.core.sanitize import clean
from mcm.core.trust.principal import ROLE, Principal


def answer_gate(
    project: Project, plan: Plan, stage: StagePlan, statement: str, profile: str | None
) -> Exit:
    """Answer the approval of one stage as `profile` and say what became of it.

    `statement` is the digest of the approval that the answer rests on.
    """
    connect = _connect(project, profile)
    found = answer(
        plan,
        stage,
        _signed(project, plan, stage, statement),
        Observer([AwsSource(connect, project.clock.now)], project.clock),
        Performer(connect),
        project.journal,
        project.clock,
    )
    say(clean(found.text, 400))
    if found.hint:
        say(found.hint)
    return found.exit


def check_credentials(
    project: Project, plan: Plan, stages: list[StagePlan], person: str, profile: str | None
) -> None:
    """Raise RefusedError, before `person` signs, when `profile` could not answer after."""
    observer = Observer([AwsSource(_connect(project, profile), project.clock.now)], project.clock)
    for stage in stages:
        signed = replace(_signed(project, plan, stage, ""), person=person)
        check_caller(plan, stage, signed, observer)


def _connect(project: Project, profile: str | None) -> Connections:
    access = {project.service.pipeline.place: project.service.access}
    return Connections(project.sandbox, access, profile, network=project.network)


def _signed(project: Project, plan: Plan, stage: StagePlan, statement: str) -> Signed:
    ours = [
        each
        for each in project.inbox(plan.change).verified
        if each.statement.kind in ("approval", "breakglass")
        and (each.statement.plan, each.statement.stage) == (plan.digest, stage.name)
    ]
    person = next((each.person for each in ours if each.digest == statement), "")
    approvers = frozenset(each.person for each in ours)
    return Signed(person, statement, approvers, _holders(project))


def _holders(project: Project) -> dict[Principal, str]:
    """Whom an AWS caller stands for; a session's name counts only where IAM enforces it."""
    return {
        each.principal: person.id
        for person in project.trust().persons
        for each in person.aws
        if each.principal.kind != ROLE or each.enforced
    }
