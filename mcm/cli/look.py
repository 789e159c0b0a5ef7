"""Commands that look and change nothing: status, log, verify, list."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mcm.cli.complete import stage_names, states
from mcm.cli.options import Change, Json, Profile
from mcm.core.errors import Exit, UsageError, most_severe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcm.app.anchors import AwsWord
    from mcm.app.evidence import Evidence
    from mcm.app.listing import Heading
    from mcm.app.standing import ChangeStatus
    from mcm.cli.compose import Project


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command()(status)
    app.command()(log)
    app.command()(verify)
    app.command("list")(list_all)


def status(
    change: Change = None,
    json: Json = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Leave with the code of the worst change shown.")
    ] = False,
) -> int:
    """Show how changes stand, from the journals here alone; asks no AWS."""
    from mcm.app.status import worth_showing
    from mcm.cli.compose import Project
    from mcm.cli.show import status_text

    project = Project.here()
    now = project.clock.now()
    found = _statuses(project, change)
    shown = found if change else worth_showing(found, now)
    if json:
        from mcm.cli.show_json import status_json, to_json

        print(to_json(status_json(shown, now)))
    else:
        _show(status_text(shown, now, len(found) - len(shown)))
    return most_severe(each.exit for each in shown) if exit_code else Exit.DONE


def log(
    change: Change = None,
    stage: Annotated[
        str,
        typer.Option("--stage", autocompletion=stage_names, help="Only what is about this stage."),
    ] = "",
    json: Json = False,
) -> int:
    """Show the timeline of a change, times in UTC; `--json` gives one object a line."""
    from mcm.app.log import of_stage, read_log, timeline
    from mcm.cli.compose import Project
    from mcm.cli.show import log_text
    from mcm.core.history.journal import BrokenJournalError

    project = Project.here()
    name = _journal_name(project, change)
    broken = None
    try:
        lines = read_log(name, project.journal, stage)
    except BrokenJournalError as err:
        # What stands before the break helps to find out what happened; the refusal follows.
        lines, broken = of_stage(timeline(err.held), stage), err
    if json:
        from mcm.cli.show_json import log_json

        for line in lines:
            print(log_json(line))
    elif lines:
        _show(log_text(lines))
    _tell_own(project, name)
    if broken is not None:
        raise broken
    return Exit.DONE


def _tell_own(project: "Project", change: str) -> None:
    """Say where this clone keeps what it refused about a change of another clone's."""
    from mcm.app.visiting import own_journal
    from mcm.cli.lines import say
    from mcm.core import commands

    own = own_journal(change)
    if project.stored.is_copy(change) and (count := len(project.stored.entries(own))):
        say(f"{count} refusals of this clone's own: `{commands.about('log', own)}`")


def verify(
    change: Change = None,
    aws: Annotated[
        bool, typer.Option("--aws", help="Compare with what AWS keeps of it, too.")
    ] = False,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="DIR", help="Write all it takes to verify without mcm."),
    ] = None,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record", metavar="FILE", help="A record, .md or .html, to see if it was edited."
        ),
    ] = None,
    json: Json = False,
    profile: Profile = None,
) -> int:
    """Prove who approved what before it ran; 4 when something does not hold, 7 if unproven."""
    from mcm.app.verify import verify_change
    from mcm.cli.compose import Project
    from mcm.cli.look_record import judge_file, read_file, read_kept
    from mcm.cli.show_proof import verify_text

    project = Project.here(profile=profile)
    data = read_file(record) if record is not None else b""
    if record is not None:
        change = change or _named(project, record, data)
    name = _journal_name(project, change)
    evidence = read_kept(project, name)
    judged = judge_file(project, evidence, str(record), data) if record is not None else ()
    found = verify_change(evidence, _ask_aws(project, name, evidence) if aws else None, judged)
    if json:
        from mcm.cli.show_json import to_json, verify_json

        print(to_json(verify_json(found)))
    else:
        _show(verify_text(found))
    if export is not None:
        _export(project, name, export, evidence)
    return found.exit


def _export(project: "Project", change: str, into: Path, evidence: "Evidence") -> None:
    from mcm.app.export import SCRIPT, write_bundle
    from mcm.cli.closing_shelf import read_bundle
    from mcm.cli.lines import say
    from mcm.core.sanitize import clean

    entries = evidence.entries or project.journal.entries(change)  # or say why there are none
    bundle = read_bundle(project, change, entries)
    write_bundle(bundle, into)
    for name in bundle.unsigned:
        say(f"warning: {clean(name, 100)} carries no signature")
    say(f"exported to {into}; check it anywhere with `sh {into / SCRIPT}`")


def _ask_aws(project: "Project", change: str, evidence: "Evidence") -> "AwsWord":
    from mcm.app.aws_word import read_aws

    pipeline = evidence.plan.pipeline if evidence.plan else project.service.pipeline
    return read_aws(change, evidence.plan, pipeline, project.observer, evidence)


def list_all(
    state: Annotated[
        list[str] | None,
        typer.Option("--state", autocompletion=states, help="Only in this state; may be repeated."),
    ] = None,
    stage: Annotated[
        str,
        typer.Option("--stage", autocompletion=stage_names, help="Only of this stage."),
    ] = "",
    owner: Annotated[str, typer.Option("--owner", help="Only this requester's.")] = "",
    open_only: Annotated[
        bool, typer.Option("--open", help="Only where something is left to do.")
    ] = False,
    json: Json = False,
) -> int:
    """List the changes of this project: what is open first, then the newest."""
    from mcm.app.listing import Wanted, list_changes
    from mcm.cli.compose import Project
    from mcm.cli.show import list_text

    wanted = Wanted(_states(state or ()), stage, owner, open_only)
    project = Project.here()
    now = project.clock.now()
    statuses = _statuses(project, None)
    found = list_changes(statuses, lambda name: _heading(project, name), wanted)
    if json:
        from mcm.cli.show_json import list_json, to_json

        print(to_json(list_json(found, now)))
    else:
        _show_list(list_text(found, now, len(statuses)))
    return Exit.DONE


def _states(given: "Iterable[str]") -> frozenset[str]:
    """Return the states that are asked for, however they are spelled."""
    from mcm.app.listing import STATES
    from mcm.core.naming import fold

    known = {fold(name): name for name in STATES}
    unknown = [each for each in given if fold(each) not in known]
    if unknown:
        raise UsageError(
            f"there is no state {unknown[0][:40]!a}", hint=f"There are: {', '.join(STATES)}."
        )
    return frozenset(known[fold(each)] for each in given)


def _show_list(text: str) -> None:
    """Print a table: at a terminal each row is one line, cut where the window ends."""
    import shutil
    import sys

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in text.split("\n"):
        print(f"{line[: width - 1]}…" if 40 <= width < len(line) else line)


def _show(text: str) -> None:
    from mcm.cli.lines import show

    for line in text.split("\n"):
        show(line)


def _statuses(project: "Project", change: str | None) -> "list[ChangeStatus]":
    """Read one change, or all; say SANDBOX when one of them is of a sandbox."""
    from mcm.app.status import read_all, read_status
    from mcm.cli.compose import say_sandbox

    def read_plan(name: str) -> bytes | None:
        return project.folder(name).read_plan()

    if change:
        name = _journal_name(project, change)
        found = [read_status(name, read_plan(name), project.journal)]
    else:
        found = read_all(project.change_ids(), read_plan, project.journal)
    if any(each.realm.startswith("sandbox:") for each in found):
        say_sandbox()
    return found


def _journal_name(project: "Project", change: str | None) -> str:
    """Return the change that is meant; a rollback's own journal may be named too."""
    if change is not None and change in project.journal.changes():
        return change
    return project.pick_change(change)


def _named(project: "Project", record: Path, data: bytes) -> str:
    """Return the change that a record names in its heading; UsageError for none of ours."""
    from mcm.app.record_check import named_change
    from mcm.core.errors import UsageError

    found = named_change(data)
    if found in project.change_ids():
        return found
    raise UsageError(
        f"{record} does not begin as the record of a change that is here: `# CHANGE: title`",
        hint=f"Say which it should be, with its record.md: `mcm verify CHANGE --record {record}`.",
    )


def _heading(project: "Project", change: str) -> "Heading":
    from dataclasses import replace
    from datetime import UTC, datetime

    from mcm.app.listing import Heading, glance
    from mcm.config.change_file import check_change
    from mcm.core.errors import McmError

    heading = Heading()
    try:
        folder = project.folder(change)
        data = folder.read_change()
        written = datetime.fromtimestamp(folder.change_file.stat().st_mtime, UTC)
        heading = glance(data.decode("utf-8", "replace"), written)
        check_change(data, folder.change_file.relative_to(project.root).as_posix())
    except (OSError, McmError) as err:
        return replace(heading, problem=str(err).split("\n")[0])
    return heading
