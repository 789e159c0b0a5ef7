"""The sandbox's Systems Manager: OpsItems, as far as a ticket system of one's own needs.

Emulated: create, update (status, severity, title) and describe with the filters Status,
Severity, Source, Title and OpsItemId. Everything else is refused as not emulated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.cloudwatch_wire import page
from mcm.sandbox.service import Caller, Handler

_FILTERS = ("Status", "Severity", "Source", "Title", "OpsItemId")
_OPERATORS = ("Equal", "Contains")
_PAGE = 50
_UPDATED = ("Status", "Severity", "Title", "Category")


@dataclass(frozen=True)
class OpsItem:
    region: str
    id: str
    created_at: datetime
    created_by: str
    values: Mapping[str, str]
    """Title, Source, Status, Severity, Category, …, by the API's names."""

    def reply(self) -> dict[str, Any]:
        """Return the item as DescribeOpsItems shows it."""
        return {
            **self.values,
            "OpsItemId": self.id,
            "CreatedBy": self.created_by,
            "CreatedTime": self.created_at,
        }


class Ssm:
    """OpsItems of one account, all regions. A `Service`."""

    def __init__(self) -> None:
        self.items: list[OpsItem] = []

    @property
    def operations(self) -> Mapping[str, Handler]:
        """The emulated operations by name."""
        return {
            "CreateOpsItem": self._create,
            "UpdateOpsItem": self._update,
            "DescribeOpsItems": self._describe,
        }

    def next_event(self) -> datetime | None:
        """Say when something changes by itself: never."""
        return None

    def advance(self, now: datetime) -> None:
        """Nothing changes by itself."""

    def _create(self, params: Params, caller: Caller) -> Reply:
        name = f"oi-{len(self.items) + 1:012x}"
        kept = ("Title", "Source", "Severity", "Category")
        values = {key: str(params[key]) for key in kept if key in params}
        item = OpsItem(caller.region, name, caller.now, caller.arn, {"Status": "Open", **values})
        self.items.append(item)
        return {"OpsItemId": name}

    def _update(self, params: Params, caller: Caller) -> Reply:
        for index, item in enumerate(self.items):
            if (item.region, item.id) == (caller.region, params["OpsItemId"]):
                changed = {key: str(params[key]) for key in _UPDATED if key in params}
                self.items[index] = replace(item, values={**item.values, **changed})
                return {}
        raise _refused("OpsItemNotFoundException", f"no OpsItem {params['OpsItemId']}")

    def _describe(self, params: Params, caller: Caller) -> Reply:
        filters = params.get("OpsItemFilters", [])
        for each in filters:
            if each["Key"] not in _FILTERS or each["Operator"] not in _OPERATORS:
                text = f"not emulated: a filter {each['Key']} {each['Operator']}"
                raise _refused("InternalServerError", text)
        here = [item for item in self.items if item.region == caller.region]
        found = [item for item in here if all(_fits(item, each) for each in filters)]
        rows, token = page(found, params.get("NextToken"), params.get("MaxResults", _PAGE))
        reply: Reply = {"OpsItemSummaries": [item.reply() for item in rows]}
        return {**reply, "NextToken": token} if token else reply


def _fits(item: OpsItem, wanted: Mapping[str, Any]) -> bool:
    value = item.id if wanted["Key"] == "OpsItemId" else item.values.get(wanted["Key"], "")
    if wanted["Operator"] == "Equal":
        return value in wanted["Values"]
    return any(part in value for part in wanted["Values"])


def _refused(code: str, message: str) -> AwsError:
    return AwsError(ErrorKind.INVALID, code, message, service="ssm")
