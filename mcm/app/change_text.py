"""A new change.yaml: what was found as it stands, what people said, and room for the rest.

Pure. Text of others stands in comments, cleaned and on one line, or as quoted values. What
the plan decides anew each time (commits, targets, windows) is comment only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mcm.app.first_change import Found, StageNow
from mcm.config.change_file import watched_endpoints
from mcm.config.yaml_text import comment, prose, scalar
from mcm.core.commits.commit_range import CommitRange
from mcm.core.plans.change import Change
from mcm.core.plans.questions import MARK, Question, questions_of
from mcm.core.plans.service import Service, StageConfig
from mcm.core.windows.hours import spell_hours

MOST_COMMITS = 40
"""Commits of one package that stand in the file; the record has them all."""
_SHORT = 12


@dataclass(frozen=True)
class Draft:
    """What is to be written: a change as far as it is known, and what AWS showed."""

    service: Service
    change: Change
    found: Found


def change_text(draft: Draft) -> str:
    """Return the text of change.yaml; the strict reader takes it."""
    parts = (_head(draft), _packages(draft.found), _stages(draft), _expect(draft), _answers(draft))
    return "\n".join("\n".join(part) + "\n" for part in map(list, parts) if part)


def _head(draft: Draft) -> Iterator[str]:
    change = draft.change
    yield f"# Written by `mcm new`. What says {MARK} is yours to fill in; `mcm lint` finds it."
    yield f"id: {change.id}"
    yield f"title: {scalar(change.title)}"
    yield f"template: {change.template}"
    yield f"requester: {change.requester}"
    yield f"ticket: {scalar(change.ticket)}" if change.ticket else "# ticket: PHOTO-417"
    if change.execution:
        yield f"execution: {change.execution}"
    yield f"stages: [{', '.join(scalar(each) for each in change.stages)}]"


def _packages(found: Found) -> Iterator[str]:
    if found.execution:
        yield comment(f"What execution {found.execution} brings.")
        yield "# The plan refuses another range than this one; take it out to let the plan decide."
    for why in found.unknown:
        yield comment(f"Could not be found out: {why}.")
    if found.packages:
        yield "packages:"
    ranges = {each.name: each for each in found.ranges}
    for package in found.packages:
        yield f"  - name: {scalar(package.name)}"
        if package.before:
            yield f"    before: {scalar(package.before)}"
        if package.after:
            yield f"    after: {scalar(package.after)}"
        if package.name in ranges:
            yield from _commits(ranges[package.name])


def _commits(found: CommitRange) -> Iterator[str]:
    for each in found.commits[:MOST_COMMITS]:
        by = f" ({each.author})" if each.author else ""
        back = f"; cancels out with {each.cancels[:_SHORT]}" if each.cancels else ""
        yield comment(f"{each.id[:_SHORT]} {each.subject}{by}{back}", "    ")
    rest = found.total - min(len(found.commits), MOST_COMMITS)
    if rest > 0:
        yield comment(f"and {rest} more commits, which the record tells", "    ")
    if found.unknown:
        yield comment(f"The commits are unknown: {found.unknown}", "    ")
    for note in found.notes:
        yield comment(note, "    ")


def _stages(draft: Draft) -> Iterator[str]:
    configs = {each.name: each for each in draft.service.stages}
    if draft.change.stages:
        yield comment(
            f"As of {draft.found.at:%Y-%m-%d %H:%MZ}; `mcm plan` looks again and decides."
        )
    if draft.found.passed:
        yield comment(f"It is already in {', '.join(draft.found.passed)}.")
    now = {each.name: each for each in draft.found.stages}
    for name in draft.change.stages:
        yield comment(f"{name}: {_stage(configs[name], now.get(name))}")


def _stage(config: StageConfig, now: StageNow | None) -> str:
    window = f"window {spell_hours(config.window, production=config.production)}"
    if now is None:
        return f"what it runs is unknown; {window}"
    runs = ", ".join(f"{source} {revision[:_SHORT]}" for source, revision in now.revisions)
    held = f"runs {now.execution[:8] or 'nothing'}" + (f" ({runs})" if runs else "")
    status = f", {now.status}" if now.status not in ("", "Succeeded") else ""
    back = f"a rollback goes to {now.target[:8]}" if now.target else "no rollback target yet"
    return f"{held}{status}; {back}; {window}"


def _expect(draft: Draft) -> Iterator[str]:
    yield "# What this change makes different. All that is not named here must stay as it was."
    expect = {name: each for name, each in draft.change.expect.items() if each}
    if expect:
        yield "expect:"
        for stage, expected in expect.items():
            yield f"  {scalar(stage)}:"
            for each in expected:
                shadow = f"{{variant: {scalar(each.variant)}, model: {scalar(each.model)}}}"
                yield f"    {scalar(each.endpoint)}: {{shadow: {shadow}}}"
        return
    yield "# expect:"
    for config in draft.service.stages:
        for endpoint in watched_endpoints(config) if config.name in draft.change.stages else ():
            yield f"#   {scalar(config.name)}:"
            yield f"#     {scalar(endpoint)}: {{shadow: {{variant: NAME, model: NAME}}}}"


def _answers(draft: Draft) -> Iterator[str]:
    asked = questions_of(draft.change.template)
    own = draft.change.answers
    standing = [each.name for each in asked if each.name in draft.service.answers]
    if standing:
        yield comment(f"From mcm.yaml, unless answered here: {', '.join(standing)}.")
    planned = [q.name for q in asked if q.planned and q.name not in {*standing, *own}]
    if planned:
        yield comment(f"The plan answers, and you may add to it: {', '.join(planned)}.")
    yield "answers:"
    for question in asked:
        if question.name in own or not (question.planned or question.name in standing):
            yield from _answer(question, own)


def _answer(question: Question, own: Mapping[str, str]) -> Iterator[str]:
    yield comment(question.text, "  ")
    lines = list(prose(question.name, own.get(question.name, "")))
    yield from lines or [f"  {question.name}: {MARK} ({question.like})"]
