"""A pipeline as somebody sees it who has never seen it: where it deploys, what stands in front.

Read from its declaration and its state. What is production is a guess by names, and said
to be one: `mcm.yaml` decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcm.core.naming import fold
from mcm.core.pipeline import Declaration, PipelineView, StageView
from mcm.core.place import PipelineId, Place
from mcm.core.plans.plan import Approval

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", re.ASCII)
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_NOT = frozenset(
    {"pre", "non", "not", "test", "beta", "gamma", "alpha", "staging", "dev", "shadow"}
)
_NAMING = (
    "StackName",
    "EndpointName",
    "ServiceName",
    "ClusterName",
    "FunctionName",
    "ApplicationName",
    "EnvironmentName",
    "DeploymentGroupName",
)
"""Fields of a deploy action's configuration that name what it deploys to."""


@dataclass(frozen=True)
class Site:
    """A pipeline stage that deploys."""

    stage: str
    """The pipeline's own name of it."""
    place: Place
    """Where its first deploy action goes."""
    more: tuple[Place, ...]
    """Where the others go, as far as that is elsewhere."""
    targets: tuple[str, ...]
    """What it deploys to, by the names in its actions."""
    before: Approval | None
    """The nearest manual approval between the stage that deploys before and this one."""
    inside: tuple[str, ...]
    """Manual approvals in the stage itself: a rollback waits there, too."""
    is_open: bool | None
    """Whether whatever comes walks in; None when AWS does not show it."""
    closed_by: str
    """Who changed the transition last, and where it is closed, why: for people."""
    is_production: bool


@dataclass(frozen=True)
class Layout:
    pipeline: PipelineId
    """With the account that the pipeline's own ARN names."""
    version: int
    mode: str
    sites: tuple[Site, ...]

    @property
    def production(self) -> tuple[Site, ...]:
        return tuple(site for site in self.sites if site.is_production)


def read_layout(
    pipeline: PipelineId, declared: Declaration, view: PipelineView | None, account: str = ""
) -> Layout:
    """Return the layout; `account` is the caller's, taken where no ARN names one."""
    home = _account_of(declared.arn) or pipeline.place.account or account
    here = Place(home, pipeline.place.region)
    stages = [each for each in declared.pipeline.get("stages", ()) if each.get("name")]
    sites: list[Site] = []
    for index, stage in enumerate(stages):
        deploys = _deploys(stage)
        if not deploys:
            continue
        places = list(dict.fromkeys(_place(action, here) for action in deploys))
        seen = view.stage(stage["name"]) if view else None
        sites.append(
            Site(
                stage=str(stage["name"]),
                place=places[0],
                more=tuple(places[1:]),
                targets=tuple(dict.fromkeys(name for a in deploys for name in _names(a))),
                before=_approval_before(stages[:index]),
                inside=_inside(stage, deploys),
                is_open=seen.transition_enabled if seen else None,
                closed_by=_closed_by(seen),
                is_production=False,
            )
        )
    mode = view.mode if view else ""
    return Layout(PipelineId(here, pipeline.name), declared.version, mode, _guess(sites))


def looks_like_production(name: str) -> bool:
    """Guess from a stage's name: `ProdUS` is production, `PreProd` and `Beta` are not."""
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words & _PRODUCTION) and not words & _NOT


def called(site: Site, sites: Iterable[Site]) -> str:
    """Return what people would call the stage: `ProdUS` is `prod-us`."""
    words = [word.lower() for word in _WORD.findall(site.stage)]
    name = "-".join(words)[:64] or "stage"
    alike = [other for other in sites if fold(other.stage) == fold(name)]
    return name if len(alike) <= 1 else f"{name}-{alike.index(site) + 1}"


def _guess(sites: Sequence[Site]) -> tuple[Site, ...]:
    """By name; where no name says it, what comes behind an approval; else the last."""
    chosen = [site for site in sites if looks_like_production(site.stage)]
    chosen = chosen or [site for site in sites if site.before or site.inside] or list(sites[-1:])
    names = {site.stage for site in chosen}
    return tuple(replace(site, is_production=site.stage in names) for site in sites)


def _actions(stage: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = [each for each in stage.get("actions", ()) if each.get("name")]
    return sorted(found, key=lambda each: int(each.get("runOrder") or 1))


def _category(action: Mapping[str, Any]) -> str:
    return str(action.get("actionTypeId", {}).get("category", ""))


def _deploys(stage: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [action for action in _actions(stage) if _category(action) == "Deploy"]


def _place(action: Mapping[str, Any], here: Place) -> Place:
    account = _account_of(str(action.get("roleArn") or "")) or here.account
    return Place(account, str(action.get("region") or here.region))


def _account_of(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[0] == "arn" and parts[4].isdigit() else ""


def _names(action: Mapping[str, Any]) -> list[str]:
    given = action.get("configuration") or {}
    return [str(given[key]) for key in _NAMING if given.get(key)]


def _approval_before(before: Sequence[Mapping[str, Any]]) -> Approval | None:
    """The last approval in front of a stage, back to the stage that deploys before it."""
    for stage in reversed(before):
        deploys = _deploys(stage)
        last = max((_order(action) for action in deploys), default=0)
        waiting = [
            action
            for action in _actions(stage)
            if _category(action) == "Approval" and _order(action) > last
        ]
        if waiting:
            return Approval(str(stage["name"]), str(waiting[-1]["name"]))
        if deploys:
            return None
    return None


def _inside(stage: Mapping[str, Any], deploys: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    last = max(_order(action) for action in deploys)
    return tuple(
        str(action["name"])
        for action in _actions(stage)
        if _category(action) == "Approval" and _order(action) <= last
    )


def _order(action: Mapping[str, Any]) -> int:
    return int(action.get("runOrder") or 1)


def _closed_by(seen: StageView | None) -> str:
    if seen is None or seen.transition_enabled:
        return ""
    by = seen.transition_by.rsplit("/", 1)[-1]
    reason = f": {seen.transition_reason}" if seen.transition_reason else ""
    return f"closed{f' by {by}' if by else ''}{reason}"
