"""A SageMaker endpoint by its content, and what counts as *unchanged*.

Status alone proves nothing: a failed update returns to InService with the old
configuration (terraform-provider-aws 48997, 49020). So the walk compares content, by
the list in docs/aws-rules.md: model, image digest, instance type, count, weight and
data capture must be equal; the configuration's name and its times may differ.
"""

from dataclasses import dataclass, replace

STILL = frozenset({"InService", "OutOfService", "Failed", "UpdateRollbackFailed"})
"""What AWS says of an endpoint that nobody is changing; a word nobody knows is no such."""

_FIELDS = ("model", "image", "instance_type", "weight")


@dataclass(frozen=True)
class Variant:
    """One production or shadow variant."""

    name: str
    model: str
    image: str
    """Resolved digest of the image, or the specified image where AWS gives no digest."""
    instance_type: str
    count: int
    weight: str
    """Canonical decimal; empty, like the other texts, when AWS does not show it."""


@dataclass(frozen=True)
class Content:
    """What an endpoint serves; equal contents serve alike."""

    endpoint: str
    live: tuple[Variant, ...]
    shadow: tuple[Variant, ...]
    capture: str
    """Canonical text of the data-capture configuration; empty when off."""

    def without_shadow(self) -> "Content":
        return replace(self, shadow=())

    def only_shadow(self) -> "Content":
        return replace(self, live=(), capture="")


@dataclass(frozen=True)
class EndpointView:
    """An endpoint as DescribeEndpoint and its configuration show it."""

    name: str
    status: str
    """AWS's word: `InService`, `Updating`, `RollingBack`, …"""
    config_name: str
    pending: bool
    """True while a PendingDeploymentSummary is shown."""
    settled: bool
    """True when current and desired instance counts and weights agree."""
    content: Content

    @property
    def moves(self) -> bool:
        """Whether something is being changed, so that what it has now will not stay."""
        return self.pending or self.status not in STILL

    @property
    def in_service(self) -> bool:
        return self.status == "InService" and not self.pending and self.settled


@dataclass(frozen=True)
class Expected:
    """What a change makes different at one endpoint: its shadow variant after the change."""

    endpoint: str
    variant: str
    model: str


def differences(before: Content, after: Content) -> tuple[str, ...]:
    """Name what differs between two contents of one endpoint; empty when nothing does."""
    found = [
        *_variant_differences("live", before.live, after.live),
        *_variant_differences("shadow", before.shadow, after.shadow),
    ]
    if before.capture != after.capture:
        found.append("data capture differs")
    return tuple(found)


def hidden(before: Content, after: Content) -> tuple[str, ...]:
    """Name what AWS shows of only one of two contents: that is not known to differ.

    What it shows of neither (the model of a variant that serves components) is the same.
    """
    return tuple(
        f"{role} variant {old.name}: its {field.replace('_', ' ')} is not shown"
        for role, was, now in (
            ("live", before.live, after.live),
            ("shadow", before.shadow, after.shadow),
        )
        for old in was
        for new in now
        if old.name == new.name
        for field in _FIELDS
        if bool(getattr(old, field)) is not bool(getattr(new, field))
    )


def scaled(before: Content, after: Content) -> tuple[str, ...]:
    """Name live variants whose instance count differs.

    Autoscaling moves it as well as an update that resets it, so it is no difference in
    content; a person must tell the two apart.
    """
    old = {variant.name: variant.count for variant in before.live}
    return tuple(
        f"live variant {variant.name}: count {old[variant.name]} → {variant.count}"
        for variant in after.live
        if old.get(variant.name, variant.count) != variant.count
    )


def _variant_differences(
    role: str, before: tuple[Variant, ...], after: tuple[Variant, ...]
) -> list[str]:
    old = {variant.name: variant for variant in before}
    new = {variant.name: variant for variant in after}
    found = [f"{role} variant {name} is gone" for name in sorted(old.keys() - new.keys())]
    found += [f"{role} variant {name} appeared" for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        for field in _FIELDS:
            was, now = getattr(old[name], field), getattr(new[name], field)
            if was != now and was and now:
                found.append(f"{role} variant {name}: {field} {was} → {now}")
    return found
