"""The example's service: its pipeline, its commits and what each puts on the endpoints.

An invented service that looks at photos of parcels. Everything here is data; a release
is one pair of commits and the endpoint configurations that they stand for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcm.sandbox.identity import ACCOUNT
from mcm.sandbox.pipeline_model import SourceRevision

PIPELINE = "ParcelPhotoCheck"
PIPELINE_REGION = "us-east-1"
CODE, INFRA = "ParcelPhotoCheck", "ParcelPhotoCheckInfra"
"""The two packages; the second one owns the endpoint configurations."""


@dataclass(frozen=True)
class ModelVariant:
    """One variant of an endpoint configuration."""

    name: str
    model: str
    weight: float = 1.0
    is_shadow: bool = False


@dataclass(frozen=True)
class Place:
    """One production stage with its endpoint."""

    code: str
    """As in the stage names: `US` in `ApproveUS` and `ProdUS`."""
    region: str
    endpoint: str


PLACES = (
    Place("EU", "eu-west-1", "photo-check-eu"),
    Place("FE", "ap-northeast-1", "photo-check-fe"),
    Place("US", "us-east-1", "photo-check-us"),
)


@dataclass(frozen=True)
class Release:
    """What one pair of commits stands for."""

    name: str
    revisions: tuple[SourceRevision, ...]
    configurations: Mapping[str, str]
    """By endpoint: the name of its configuration."""


_LIVE_V5 = (ModelVariant("live", "photo-check-v5"),)
_LIVE_V6 = (ModelVariant("live", "photo-check-v6"),)


def _with_candidate(model: str) -> tuple[ModelVariant, ...]:
    return (*_LIVE_V6, ModelVariant("candidate", model, is_shadow=True))


CONFIGURATIONS: Mapping[str, tuple[ModelVariant, ...]] = {
    **{f"{place.endpoint}-v5": _LIVE_V5 for place in PLACES},
    **{f"{place.endpoint}-v6": _LIVE_V6 for place in PLACES},
    "photo-check-us-v6-shadow-v7": _with_candidate("photo-check-v7"),
    "photo-check-us-v6-shadow-v8": _with_candidate("photo-check-v8"),
    "photo-check-us-v6-shadow-v9": _with_candidate("photo-check-v9"),
}
"""Every endpoint configuration that some release uses."""


def _commit(package: str, release: str) -> str:
    return hashlib.sha1(f"{package} at {release}".encode(), usedforsecurity=False).hexdigest()


def _release(name: str, code: str, infra: str, us: str, elsewhere: str) -> Release:
    revisions = []
    for package, summary in ((CODE, code), (INFRA, infra)):
        commit = _commit(package, name)
        url = f"https://git.example.com/{package}/commit/{commit}"
        revisions.append(SourceRevision(package, commit, summary, url))
    return Release(
        name,
        tuple(revisions),
        {
            "photo-check-eu": f"photo-check-eu-{elsewhere}",
            "photo-check-fe": f"photo-check-fe-{elsewhere}",
            "photo-check-us": f"photo-check-us-{us}",
        },
    )


RELEASES = (
    _release("v5", "Read labels on dark parcels", "Serve model v5", "v5", "v5"),
    _release("v6", "Accept photos taken sideways", "Serve model v6", "v6", "v6"),
    _release("v7", "Log the model's confidence", "Shadow v7 in US", "v6-shadow-v7", "v6"),
    _release("v8", "Round confidence to 3 digits", "Shadow v8 in US", "v6-shadow-v8", "v6"),
    _release("v9", "Refuse photos under 10 kB", "Shadow v9 in US", "v6-shadow-v9", "v6"),
)
"""Oldest first: two that went all the way, the change under way, and what comes after."""

PAST, UNDER_WAY = ("v5", "v6"), "v7"


class Catalogue:
    """The packages' commits as the pipeline's sources see them."""

    def __init__(self, head: str) -> None:
        self._names = [release.name for release in RELEASES]
        self._head = self._names.index(head)

    @property
    def head(self) -> str:
        """The newest release that has been merged."""
        return self._names[self._head]

    def merge(self, name: str) -> Release:
        """Make a release the newest one; raise KeyError if there is none of that name."""
        if name not in self._names:
            raise KeyError(name)
        self._head = self._names.index(name)
        return RELEASES[self._head]

    def pull(self) -> tuple[SourceRevision, ...]:
        """Merge the next release, if one is left, and return the newest revisions."""
        self._head = min(self._head + 1, len(RELEASES) - 1)
        return RELEASES[self._head].revisions

    def find(self, action: str, revision_id: str) -> SourceRevision | None:
        for release in RELEASES:
            for one in release.revisions:
                if (one.action, one.revision_id) == (action, revision_id):
                    return one
        return None

    def configuration(self, revisions: tuple[SourceRevision, ...], endpoint: str) -> str | None:
        infra = next((one for one in revisions if one.action == INFRA), None)
        for release in RELEASES:
            if infra in release.revisions:
                return release.configurations.get(endpoint)
        return None


def declare_pipeline() -> dict[str, Any]:
    """Return the example's pipeline as a PipelineDeclaration."""
    stages = [
        {"name": "Source", "actions": [_source(CODE), _source(INFRA)]},
        {"name": "Build", "actions": [_action("Build", "Build", "CodeBuild", {})]},
        {
            "name": "Beta",
            "actions": [
                _deploy("photo-check-beta", PIPELINE_REGION),
                _action("Tests", "Test", "CodeBuild", {"ProjectName": "photo-check-tests"}, 2),
            ],
        },
    ]
    for place in PLACES:
        approval = _action(
            "Approve", "Approval", "Manual", {"CustomData": f"Go on to {place.code}"}
        )
        stages.append({"name": f"Approve{place.code}", "actions": [approval]})
        stages.append(
            {"name": f"Prod{place.code}", "actions": [_deploy(place.endpoint, place.region)]}
        )
    return {
        "name": PIPELINE,
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/pipeline",
        "artifactStore": {"type": "S3", "location": "parcel-photo-check-artifacts"},
        "stages": stages,
        "executionMode": "SUPERSEDED",
        "pipelineType": "V2",
    }


def _source(package: str) -> dict[str, Any]:
    configuration = {
        "ConnectionArn": f"arn:aws:codeconnections:{PIPELINE_REGION}:{ACCOUNT}:connection/example",
        "FullRepositoryId": f"example/{package}",
        "BranchName": "main",
    }
    action = _action(package, "Source", "CodeStarSourceConnection", configuration)
    return {**action, "outputArtifacts": [{"name": package}]}


def _deploy(stack: str, region: str) -> dict[str, Any]:
    configuration = {"ActionMode": "CREATE_UPDATE", "StackName": stack}
    action = _action("Deploy", "Deploy", "CloudFormation", configuration)
    return {**action, "region": region, "inputArtifacts": [{"name": INFRA}]}


def _action(
    name: str, category: str, provider: str, configuration: dict[str, str], order: int = 1
) -> dict[str, Any]:
    kind = {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    return {
        "name": name,
        "actionTypeId": kind,
        "runOrder": order,
        "configuration": configuration or {"ProjectName": "photo-check"},
    }
