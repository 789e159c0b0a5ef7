"""What `change.yaml` says, as values: one change, before it is planned."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcm.core.endpoint import Expected
from mcm.core.plans.plan import Exemption, Package
from mcm.core.plans.service import CheckUse


@dataclass(frozen=True)
class Assumed:
    """One assumption of `change.yaml`."""

    says: str
    use: CheckUse
    stages: tuple[str, ...]
    """Where it must hold; empty for every stage of the change."""


@dataclass(frozen=True)
class Change:
    id: str
    title: str
    template: str
    requester: str
    """Person id in the trust file."""
    ticket: str
    execution: str
    """Pinned execution id, or empty: the newest that waits in front of the first stage."""
    packages: tuple[Package, ...]
    stages: tuple[str, ...]
    """Names of stages in mcm.yaml, in its order."""
    expect: Mapping[str, tuple[Expected, ...]]
    """By stage; a stage without an entry asserts that its endpoints stay as they are."""
    answers: Mapping[str, str]
    exceptions: tuple[Exemption, ...]
    depends_on: tuple[str, ...] = ()
    """Ids of changes that must have succeeded before."""
    assumptions: tuple[Assumed, ...] = ()
