"""The approver's own answer to the pipeline, with the approver's own credentials."""

from mcm.app.answering import answer
from mcm.app.observing import Observer
from mcm.aws.observe import AwsSource
from mcm.aws.perform import Performer
from mcm.cli.compose import Connections, Project
from mcm.cli.lines import say
from mcm.core.errors import Exit
from mcm.core.plan import Plan, StagePlan
from mcm.core.sanitize import clean


def answer_gate(
    project: Project, plan: Plan, stage: StagePlan, statement: str, profile: str | None
) -> Exit:
    """Answer the approval of one stage as `profile` and say what became of it."""
    access = {project.service.pipeline.place: project.service.access}
    connect = Connections(project.sandbox, access, profile)
    observer = Observer([AwsSource(connect, project.clock.now)], project.clock)
    found = answer(
        plan, stage, statement, observer, Performer(connect), project.journal, project.clock
    )
    say(clean(found.text, 400))
    if found.hint:
        say(found.hint)
    return found.exit
