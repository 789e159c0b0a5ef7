"""The command that prints what AWS has to allow: iam-policy."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mcm.cli.complete import stage_names
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcm.core.plans.service import Service, StageConfig

FORMATS = ("json", "terraform")


def register(app: typer.Typer) -> None:
    """Add this module's command to `app`."""
    app.command("iam-policy")(iam_policy)


def iam_policy(
    role: Annotated[
        str | None,
        typer.Option("--role", help="Whose: requester, operator, approver or on-call."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those of all four roles.")] = False,
    stage: Annotated[
        list[str] | None,
        typer.Option(
            "--stage", autocompletion=stage_names, help="Only this stage; may be repeated."
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option("--account", help="The account to print for; else the pipeline's."),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", help="json, or terraform for a data source.")
    ] = "json",
) -> int:
    """Print the IAM policy of a role: every call that mcm makes for it, and no other."""
    import json

    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.core.trust.iam_policy import ROLES
    from mcm.core.trust.iam_terraform import terraform

    if form not in FORMATS:
        raise UsageError(f"--format cannot be {form}", hint=f"Use {' or '.join(FORMATS)}.")
    if every == (role is not None):
        raise UsageError("say whose policy", hint=f"Use --all, or --role: {', '.join(ROLES)}.")
    if role is not None and role not in ROLES:
        raise UsageError(f"there is no role {role}", hint=f"There are: {', '.join(ROLES)}.")
    service = Project.here().service
    stages = _stages(service, stage)
    roles = ROLES if role is None else (role,)
    found = _gather(service, roles, stages, account)
    bare = len(found) == 1 and not every
    if form == "terraform":
        print(terraform({f"mcm_{service.name}_{name}": each for name, each in found.items()}))
    else:
        print(json.dumps(next(iter(found.values())) if bare else found, indent=2))
    for line in _notes(service, roles, stages, account):
        say(line)
    return Exit.DONE


def _stages(service: "Service", named: "list[str] | None") -> "list[StageConfig]":
    from mcm.core.naming import find_stage

    known = [each.name for each in service.stages]
    wanted = [find_stage(each, known) for each in named] if named else known
    return [each for each in service.stages if each.name in wanted]


def _gather(
    service: "Service",
    roles: "Sequence[str]",
    stages: "Sequence[StageConfig]",
    account: str | None,
) -> dict[str, dict[str, Any]]:
    """Return the documents by `ROLE`, or by `ROLE@ACCOUNT` where the account is another."""
    from mcm.cli.compose import aws_realm
    from mcm.core.trust.iam_policy import documents

    home = service.pipeline.place
    partition = aws_realm(home).split(":")[1]
    found = {}
    for role in roles:
        for owner, document in documents(service, role, partition, stages).items():
            asked = owner == (account or home.account) or (len(roles) > 1 and account is None)
            if asked:
                found[role if owner == home.account else f"{role}@{owner}"] = document
    if not found:
        accounts = ", ".join(_accounts(service, stages))
        raise UsageError(f"nothing of it is in account {account}", hint=f"It uses: {accounts}.")
    return found


def _accounts(service: "Service", stages: "Sequence[StageConfig]") -> list[str]:
    places = [service.pipeline.place, *(stage.place for stage in stages)]
    return list(dict.fromkeys(place.account for place in places))


def _notes(
    service: "Service",
    roles: "Sequence[str]",
    stages: "Sequence[StageConfig]",
    account: str | None,
) -> "Iterator[str]":
    """Say what these policies do not do, where mcm.yaml makes that so."""
    from mcm.core.trust.iam_policy import APPROVER

    for stage in stages:
        approve = stage.gate.approve
        if approve is None:
            yield f"{stage.name}: no approval in the pipeline, so AWS asks for no second person;"
            yield "  what is signed is then the only proof."
        elif not stage.gate.open:
            yield f"{stage.name}: mcm answers {approve.stage}/{approve.action} as the operator, so"
            yield "  AWS keeps the requester out and not the operator. Add `open` to have both."
        elif approve.stage == stage.pipeline_stage:
            yield f"{stage.name}: its approval is inside the stage, where a rollback waits, too;"
            yield "  on-call may therefore answer it. Move it to a stage of its own before."
    others = [each for each in _accounts(service, stages) if each != service.pipeline.place.account]
    if others and len(roles) == 1 and account is None:
        yield f"{roles[0]} reads in {', '.join(others)} as well: print those with --account."
    if service.sandbox:
        yield "the sandbox asks for no policy: this shows what a real account would need."
    elif APPROVER in roles:
        yield "Give the approver's policy to nobody who requests: AWS is to keep the two apart."
