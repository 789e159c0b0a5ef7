"""Who wrote what a plan brings, and at which stages that keeps them from approving it.

Authors go into the plan by the names that git has for them, so that they are signed and
every clone excludes the same. Unknown authors are said to be unknown. A stage that names
`forbid_authors` cannot be planned then; one that leaves it to the default is planned
without, and says so: its sources may not be in git at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mcm.core.plans.plan import Plan, StagePlan

if TYPE_CHECKING:
    from mcm.core.plans.service import Service, StageConfig

ENOUGH = 3
"""Approvers that must remain before authors are excluded without being asked to."""


@dataclass(frozen=True, slots=True)
class Written:
    """Who wrote the ranges of a plan's packages."""

    authors: tuple[str, ...] = ()
    """Authors, committers and co-authors as `Name <e-mail>`, sorted."""
    unknown: str = ""
    """Why it is not, or not wholly, known; empty when it is."""


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may approve one stage by the trust file, which approvers wrote part of it."""

    may: tuple[str, ...]
    authors: tuple[str, ...]


def with_authors(
    plan: Plan, service: "Service", written: Written, known: Mapping[str, Approvers]
) -> Plan:
    """Return `plan` with its authors, and with what each stage makes of them.

    `known` has the approvers of each stage; a stage that it lacks, for nobody can read
    the trust file, excludes authors.
    """
    configs = {config.name: config for config in service.stages}
    stages = tuple(
        replace(
            stage,
            forbid_authors=_forbids(configs[stage.name], stage, written, known.get(stage.name)),
        )
        for stage in plan.stages
    )
    return replace(plan, authors=written.authors, authors_unknown=written.unknown, stages=stages)


def excluded(plan: Plan, stage: StagePlan) -> frozenset[str]:
    """Return who may not approve this stage because they wrote part of the change."""
    return frozenset(plan.authors) if stage.forbid_authors else frozenset()


def author_problems(
    plan: Plan, service: "Service", known: Mapping[str, Approvers]
) -> Iterator[str]:
    """Yield why nobody could approve the plan as it stands, with what mends it."""
    asked = {config.name: config.forbid_authors for config in service.stages}
    for stage in plan.stages:
        if asked[stage.name] and plan.authors_unknown:
            yield (
                f"stage {stage.name} forbids authors to approve, and who wrote it is unknown:"
                f" {plan.authors_unknown}. Fetch that range into this repository, or write"
                " `forbid_authors: false`"
            )
        found = known.get(stage.name)
        if found is None:
            continue
        if not stage.forbid_authors:
            found = Approvers((*found.may, *found.authors), ())
        if len(found.may) < stage.approvals:
            yield nobody_left(stage.name, stage.approvals, plan.requester, found)


def nobody_left(stage: str, approvals: int, requester: str, found: Approvers) -> str:
    """Say that too few may approve a stage, and what would help."""
    wrote = f"; excluded as authors: {', '.join(found.authors)}" if found.authors else ""
    able = ", ".join(found.may) or "nobody"
    return (
        f"stage {stage} takes {approvals} besides {requester} to approve: {able} may{wrote}."
        " Add an approver with a key to .mcm/trust.yml, or let somebody else request it"
    )


def author_warnings(plan: Plan, known: Mapping[str, Approvers]) -> Iterator[str]:
    """Yield which authors may approve all the same, since no rule says that they may not."""
    for stage in plan.stages:
        found = known.get(stage.name)
        if stage.production and not stage.forbid_authors and found and found.authors:
            yield (
                f"{', '.join(found.authors)} wrote part of this and may approve {stage.name}:"
                f" fewer than {ENOUGH} others could, or `forbid_authors: false` is set"
            )


def _forbids(
    config: "StageConfig", stage: StagePlan, written: Written, known: Approvers | None
) -> bool:
    if config.forbid_authors is not None:
        return config.forbid_authors
    if not stage.production or not written.authors:
        return False
    return known is None or len(known.may) >= max(ENOUGH, stage.approvals)
