"""Commands that look and change nothing: status, log, verify, list."""

import json as json_module
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from mcm.cli.write import Change, Json
from mcm.core.errors import Exit

if TYPE_CHECKING:
    from mcm.app.status import ChangeStatus
    from mcm.cli.compose import Project


def register(app: typer.Typer) -> None:
    """Add this module's commands to `app`."""
    app.command()(status)
    app.command()(log)
    app.command()(verify)
    app.command("list")(list_all)


def status(change: Change = None, json: Json = False) -> int:
    """Show how each change stands; exits 0 whatever it says."""
    from mcm.cli.compose import Project
    from mcm.core.sanitize import clean

    project = Project.here()
    _say_sandbox(project)
    names = (project.pick_change(change),) if change else project.change_ids()
    found = [_status(project, name) for name in names]
    if json:
        return _print_json({"changes": [asdict(each) for each in found]})
    for each in found:
        print(f"{each.change} edition {each.edition}: {clean(each.title, 120)}")
        for stage in each.stages:
            reason = f": {clean(stage.reason, 200)}" if stage.reason else ""
            print(f"  {stage.stage}  {stage.outcome.replace('_', ' ')}{reason}")
            for gate, why in stage.gates:
                print(f"    closed gate {gate}: {clean(why, 200)}")
    return Exit.DONE


def log(change: Change = None, json: Json = False) -> int:
    """Show the journal of a change; `ROLLBACK-<stage>` is one too."""
    from mcm.app.log import read_log
    from mcm.cli.compose import Project

    project = Project.here()
    _say_sandbox(project)
    name = change if change in project.journal.changes() else project.pick_change(change)
    assert name is not None  # pick_change names one
    lines = read_log(name, project.journal)
    if json:
        return _print_json({"change": name, "entries": [_plain(asdict(each)) for each in lines]})
    for line in lines:
        print(f"{line.seq:>4}  {line.at:%Y-%m-%d %H:%M:%SZ}  {line.text}")
    return Exit.DONE


def verify(change: Change = None, json: Json = False) -> int:
    """Check journal, plan and signatures of a change; exits 4 when something does not hold."""
    from mcm.app.verify import verify_change
    from mcm.cli.compose import Project
    from mcm.core.sanitize import clean

    project = Project.here()
    name = project.pick_change(change)
    plan = project.folder(name).read_plan()
    found = verify_change(name, project.journal, plan, project.inbox(name))
    if json:
        _print_json({"change": name, **asdict(found)})
    else:
        for problem in found.problems:
            print(f"does not hold: {clean(problem, 400)}")
        rest = found.entries - found.anchored
        print(f"{name}: {found.entries} entries, {found.statements} verified statements")
        print(f"anchored to seq {found.anchored}; {rest} entries after it rest on this file alone")
    return Exit.REFUSED if found.problems else Exit.DONE


def list_all(json: Json = False) -> int:
    """List the changes of this project."""
    from mcm.app.listing import list_changes
    from mcm.cli.compose import Project
    from mcm.core.sanitize import clean

    project = Project.here()
    _say_sandbox(project)
    found = list_changes(_status(project, name) for name in project.change_ids())
    if json:
        return _print_json({"changes": [asdict(each) for each in found]})
    for each in found:
        print(f"{each.change}  {each.summary}  {clean(each.title, 80)}")
    return Exit.DONE


def _status(project: "Project", change: str) -> "ChangeStatus":
    from mcm.app.status import read_status
    from mcm.core.errors import McmError
    from mcm.core.plan import Plan

    data = project.folder(change).read_plan()
    try:
        plan = Plan.from_bytes(data) if data is not None else None
    except McmError:
        plan = None
    title = plan.title if plan else ""
    return read_status(change, title, plan, project.journal)


def _say_sandbox(project: "Project") -> None:
    """Say SANDBOX without asking whether it runs: what is read here is on disk."""
    from mcm.cli.lines import say

    if project.service.sandbox:
        say("SANDBOX: a local AWS, not a real account")


def _print_json(value: dict[str, Any]) -> int:
    print(json_module.dumps(value, indent=1, ensure_ascii=False, default=list))
    return Exit.DONE


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    from mcm.core.canonical import instant

    return {**value, "at": instant(value["at"])}
