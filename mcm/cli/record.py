"""The record of a change, rendered."""

from mcm.cli.compose import Project


def render_change(project: Project, change: str) -> str:
    """Return the record of `change` as Markdown."""
    from mcm.app.planning import load_plan
    from mcm.cli.plan_text import plan_lines

    plan = load_plan(project.folder(change), change)
    return "\n".join(f"    {line}" for line in plan_lines(plan, ())) + "\n"
