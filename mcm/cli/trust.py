"""`mcm trust`: the file that says whose word counts; written once, reviewed, pinned."""

from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from mcm.cli.options import Json, Key, Profile
from mcm.core.errors import Exit, UsageError

if TYPE_CHECKING:
    from mcm.cli.compose import Project

_ORDER = "mcm.arguments"


class _InOrder(TyperCommand):
    """Keeps the words as they were typed: `--key` belongs to the `--person` before it."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        ctx.meta[_ORDER] = tuple(args)
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the group of this module's commands to `app`."""
    group = typer.Typer(
        help="The people whose signatures count: write the file, read it, see what changed.",
        no_args_is_help=True,
    )
    group.command(cls=_InOrder)(init)
    group.command("list")(list_people)
    group.command()(diff)
    group.command()(pin)
    group.command()(sign)
    app.add_typer(group, name="trust")


def init(
    ctx: typer.Context,
    person: Annotated[
        list[str] | None,
        typer.Option(
            "--person", metavar="ID", help="One human; what follows is theirs. May be repeated."
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help="Their SSH key: a .pub file, its line, or the fingerprint of one in your agent.",
        ),
    ] = None,
    sso: Annotated[
        list[str] | None,
        typer.Option(
            "--sso",
            metavar="ACCOUNT/PERMISSION_SET/USER",
            help="Their user in Identity Center.",
        ),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role", metavar="ROLE", help="requester, approver, breakglass or root; may repeat."
        ),
    ] = None,
    stage: Annotated[
        list[str] | None,
        typer.Option("--stage", help="A stage that they may approve; all if none is named."),
    ] = None,
    email: Annotated[
        list[str] | None,
        typer.Option("--email", help="Their address in git, so that authors can be told."),
    ] = None,
) -> int:
    """Write .mcm/trust.yml from people's SSH keys; asks at a terminal when nobody is named."""
    del person, key, sso, role, stage, email  # read in their order, from what was typed
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.cli.pinned import pin_name, pins_of
    from mcm.cli.trust_people import ask_people, named_people, refuse_second, write_trust

    project = Project.here()
    words = ctx.meta[_ORDER]
    refuse_second(project)
    people = named_people(project, words) if words else ask_people(project)
    path, trust = write_trust(project, people)
    pins_of(project).write(pin_name(project), trust)
    print(path.relative_to(project.root))
    for each in trust.persons:
        if not each.ssh:
            say(f"warning: {each.id} has no SSH key and can sign nothing yet")
    say(f"version 1 with {len(trust.persons)} people, digest {trust.digest[:12]}")
    say("Next: read it with `mcm trust list`, commit it and have it reviewed.")
    return Exit.DONE


def list_people(json: Json = False) -> int:
    """Show who may say what, with which credentials, and who could approve each stage."""
    from mcm.cli.compose import Project
    from mcm.cli.lines import show
    from mcm.cli.trust_text import review_json, review_lines

    project = Project.here()
    trust, now = project.trust(), project.clock.now()
    if json:
        from mcm.cli.show_json import to_json

        print(to_json(review_json(trust, _stages(project), now)))
        return Exit.DONE
    for line in review_lines(trust, _stages(project), now):
        show(line)
    return Exit.DONE


def diff() -> int:
    """Show what changed in the trust file since you last used it here."""
    from mcm.cli.compose import Project
    from mcm.cli.lines import say, show
    from mcm.cli.pinned import pin_name, pins_of
    from mcm.trust.pins import differences

    project = Project.here()
    trust, found = project.trust(), pins_of(project).read(pin_name(project))
    if found is None:
        say(f"nothing is pinned here yet; the trust file is version {trust.version}")
        say("Next: `mcm trust list` shows it; the first request, approval or deploy pins it.")
        return Exit.DONE
    lines = differences(found, trust)
    for line in lines:
        show(line)
    if lines:
        say(f"Next: `mcm trust pin {trust.digest[:12]}`, if that is as it should be.")
    else:
        say(f"version {trust.version} ({trust.digest[:12]}) is as you have pinned it")
    return Exit.DONE


def pin(
    digest: Annotated[
        str | None,
        typer.Argument(help="The file's digest, or its first 12 digits or more; asked if none."),
    ] = None,
) -> int:
    """Take the trust file as it is now, by its digest: as told by a colleague, or by `diff`."""
    from mcm.cli.compose import Project
    from mcm.cli.lines import say, show
    from mcm.cli.pinned import pin_name, pins_of, signatures
    from mcm.trust.pins import check_change, check_digest, differences

    project = Project.here()
    trust, pins, name = project.trust(), pins_of(project), pin_name(project)
    before = pins.read(name)
    check_change(before, trust, signatures(project), project.clock.now())
    for line in differences(before, trust):
        show(line)
    check_digest(digest or _ask_digest(), trust)
    pins.write(name, trust)
    say(f"pinned: version {trust.version}, digest {trust.digest}")
    return Exit.DONE


def sign(key: Key = None, profile: Profile = None) -> int:
    """Sign the next version of a strict trust file, as one of its roots."""
    from mcm.cli.compose import Project
    from mcm.cli.lines import say
    from mcm.cli.trust_sign import sign_version

    project = Project.here()
    path, trust, left = sign_version(project, key, profile)
    print(path.relative_to(project.root))
    say(
        f"version {trust.version} is signed; it takes {left} more roots"
        if left
        else f"version {trust.version} is signed by enough roots"
    )
    say("Next: commit .mcm/trust.yml and .mcm/trust/ together.")
    return Exit.DONE


def _ask_digest() -> str:
    """Let a person type what they were told; raise UsageError where nobody can."""
    import sys

    from mcm.cli.lines import say

    if not sys.stdin.isatty():
        raise UsageError(
            "no digest is named", hint="Run `mcm trust pin DIGEST`; see `mcm trust list`."
        )
    say("Type the first 12 digits of its digest, as a colleague has it: ", end="")
    return sys.stdin.readline().strip()


def _stages(project: "Project") -> "list[tuple[str, int, bool]]":
    return [(stage.name, stage.approvals, stage.touch) for stage in project.service.stages]
