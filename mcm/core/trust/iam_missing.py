"""The policy that was missing: from reads that AWS denied to what would allow them.

One document for each account, since an identity's policy lives in one. Pipelines are
named; what AWS tells only of everything (alarms, metrics, lists) is bound to its regions.
"""

from collections.abc import Iterable

from mcm.core.place import PipelineId, Place
from mcm.core.trust.iam_policy import CALLS, Document

DeniedRead = tuple[str, str, Place]
"""Service and operation as botocore names them, and where it was denied."""


def missing(
    denied: Iterable[DeniedRead], pipeline: PipelineId, partition: str
) -> dict[str, Document]:
    """Return the policies to add, by account; empty when nothing was denied."""
    home = pipeline.place
    found: dict[str, dict[str, dict[str, set[str]]]] = {}
    for service, operation, place in denied:
        account = place.account or home.account
        sid = _statement(service, operation)
        statement = found.setdefault(account, {}).setdefault(
            sid, {"actions": set(), "regions": set()}
        )
        statement["actions"].add(f"{service}:{operation}")
        statement["regions"].add(place.region)
    name = f"arn:{partition}:codepipeline:{home.region}:{home.account}:{pipeline.name}"
    return {
        account: {
            "Version": "2012-10-17",
            "Statement": [_spell(sid, parts, name) for sid, parts in sorted(statements.items())],
        }
        for account, statements in sorted(found.items())
    }


def _statement(service: str, operation: str) -> str:
    known = (c.statement for c in CALLS if (c.service, c.operation) == (service, operation))
    return next(known, "") or "ReadMore"


def _spell(sid: str, parts: dict[str, set[str]], pipeline: str) -> Document:
    statement: Document = {"Sid": sid, "Effect": "Allow", "Action": sorted(parts["actions"])}
    if sid == "ReadPipeline":
        return statement | {"Resource": [pipeline]}
    regions = {"StringEquals": {"aws:RequestedRegion": sorted(parts["regions"])}}
    return statement | {"Resource": ["*"], "Condition": regions}
