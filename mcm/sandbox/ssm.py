"""The sandbox's Systems Manager: OpsItems and Change Calendars, as far as mcm reads them.

Emulated: OpsItems are created, updated (status, severity, title) and described with the
filters Status, Severity, Source, Title, OpsItemId and LastModifiedTime; documents of type
ChangeCalendar are created, replaced and asked for their state. Everything else is refused
as not emulated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.change_calendar import CLOSED, KIND, OPEN, ChangeCalendar, read
from mcm.sandbox.cloudwatch_wire import page
from mcm.sandbox.service import Caller, Handler

_FILTERS = ("Status", "Severity", "Source", "Title", "OpsItemId")
_OPERATORS = ("Equal", "Contains")
_CHANGED = ("LastModifiedTime", "GreaterThan")
_PAGE = 50
_UPDATED = ("Status", "Severity", "Title", "Category")


@dataclass(frozen=True)
class OpsItem:
    region: str
    id: str
    created_at: datetime
    created_by: str
    changed_at: datetime
    values: Mapping[str, str]
    """Title, Source, Status, Severity, Category, …, by the API's names."""

    def reply(self) -> dict[str, Any]:
        """Return the item as DescribeOpsItems shows it."""
        return {
            **self.values,
            "OpsItemId": self.id,
            "CreatedBy": self.created_by,
            "CreatedTime": self.created_at,
            "LastModifiedTime": self.changed_at,
        }


class Ssm:
    """OpsItems and Change Calendars of one account, all regions. A `Service`."""

    def __init__(self) -> None:
        self.items: list[OpsItem] = []
        self.calendars: dict[tuple[str, str], ChangeCalendar] = {}
        """By region and name."""

    @property
    def operations(self) -> Mapping[str, Handler]:
        """The emulated operations by name."""
        return {
            "CreateOpsItem": self._create,
            "UpdateOpsItem": self._update,
            "DescribeOpsItems": self._describe,
            "CreateDocument": self._create_document,
            "UpdateDocument": self._update_document,
            "GetCalendarState": self._calendar_state,
        }

    def next_event(self) -> datetime | None:
        """Say when something changes by itself: never."""
        return None

    def advance(self, now: datetime) -> None:
        """Nothing changes by itself."""

    def _create_document(self, params: Params, caller: Caller) -> Reply:
        if params.get("DocumentType") != KIND:
            raise _refused("InvalidDocumentContent", f"not emulated: any document but a {KIND}")
        if (caller.region, params["Name"]) in self.calendars:
            raise _refused("DocumentAlreadyExists", f"{params['Name']} exists")
        return self._keep(params, caller)

    def _update_document(self, params: Params, caller: Caller) -> Reply:
        self._calendar(params["Name"], caller)
        return self._keep(params, caller)

    def _keep(self, params: Params, caller: Caller) -> Reply:
        name = _bare(params["Name"])
        try:
            self.calendars[caller.region, name] = read(name, params["Content"])
        except ValueError as err:
            raise _refused("InvalidDocumentContent", str(err)) from err
        return {"DocumentDescription": {"Name": name, "DocumentType": KIND}}

    def _calendar(self, name: str, caller: Caller) -> ChangeCalendar:
        found = self.calendars.get((caller.region, _bare(name)))
        if found is None:
            raise _refused("InvalidDocument", f"no document {name}")
        return found

    def _calendar_state(self, params: Params, caller: Caller) -> Reply:
        at = params.get("AtTime")
        now = datetime.fromisoformat(at) if at else caller.now
        known = [self._calendar(name, caller) for name in params["CalendarNames"]]
        states = {each.state(now) for each in known}
        turns = [moment for each in known if (moment := each.turns_at(now)) is not None]
        reply = {"State": OPEN if states == {OPEN} else CLOSED, "AtTime": _iso(now)}
        return {**reply, "NextTransitionTime": _iso(min(turns))} if turns else reply

    def _create(self, params: Params, caller: Caller) -> Reply:
        name = f"oi-{len(self.items) + 1:012x}"
        kept = ("Title", "Source", "Severity", "Category")
        values = {key: str(params[key]) for key in kept if key in params}
        now = caller.now
        item = OpsItem(caller.region, name, now, caller.arn, now, {"Status": "Open", **values})
        self.items.append(item)
        return {"OpsItemId": name}

    def _update(self, params: Params, caller: Caller) -> Reply:
        for index, item in enumerate(self.items):
            if (item.region, item.id) == (caller.region, params["OpsItemId"]):
                changed = {key: str(params[key]) for key in _UPDATED if key in params}
                self.items[index] = replace(
                    item, changed_at=caller.now, values={**item.values, **changed}
                )
                return {}
        raise _refused("OpsItemNotFoundException", f"no OpsItem {params['OpsItemId']}")

    def _describe(self, params: Params, caller: Caller) -> Reply:
        filters = params.get("OpsItemFilters", [])
        for each in filters:
            is_time = (each["Key"], each["Operator"]) == _CHANGED
            if not is_time and (each["Key"] not in _FILTERS or each["Operator"] not in _OPERATORS):
                text = f"not emulated: a filter {each['Key']} {each['Operator']}"
                raise _refused("InternalServerError", text)
        here = [item for item in self.items if item.region == caller.region]
        found = [item for item in here if all(_fits(item, each) for each in filters)]
        rows, token = page(found, params.get("NextToken"), params.get("MaxResults", _PAGE))
        reply: Reply = {"OpsItemSummaries": [item.reply() for item in rows]}
        return {**reply, "NextToken": token} if token else reply


def _fits(item: OpsItem, wanted: Mapping[str, Any]) -> bool:
    if wanted["Key"] == _CHANGED[0]:
        return item.changed_at > datetime.fromisoformat(wanted["Values"][0])
    value = item.id if wanted["Key"] == "OpsItemId" else item.values.get(wanted["Key"], "")
    if wanted["Operator"] == "Equal":
        return value in wanted["Values"]
    return any(part in value for part in wanted["Values"])


def _bare(name: str) -> str:
    """Return a document's name, of its ARN as well."""
    return name.rpartition("document/")[2]


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _refused(code: str, message: str) -> AwsError:
    return AwsError(ErrorKind.INVALID, code, message, service="ssm")
