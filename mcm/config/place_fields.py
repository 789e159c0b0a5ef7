"""Accounts, regions and names as AWS spells them, in mcm.yaml."""

import re

from mcm.config.fields import Fields
from mcm.config.strict_yaml import ScalarNode
from mcm.core.place import Place
from mcm.core.plans.service import Access

NAME = re.compile(r"[A-Za-z0-9.@_-]{1,100}", re.ASCII)
"""Names of pipelines, stages and actions (CodePipeline API, `StageName`)."""
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):role/[\w+=,.@/-]{1,512}", re.ASCII)


def read_place(fields: Fields) -> Place:
    """Return `account` and `region`; both must be written, because nothing is assumed."""
    account = fields.text("account", form=_ACCOUNT, like='"444444444444", 12 digits in quotes')
    node = fields.place_of("account")
    if isinstance(node, ScalarNode) and not node.is_quoted and _ACCOUNT.fullmatch(account):
        fields.refuse(
            "account",
            "is a number to other programs, which drop its leading zeros",
            f'Write it in quotes: "{account}".',
        )
    return Place(account, fields.text("region", form=_REGION, like="us-east-1"))


def read_access(fields: Fields, place: Place) -> Access:
    """Return `profile` and `role_arn`; the role must be one of the place's account."""
    profile = fields.optional("profile", fields.text, "")
    role = ""
    if fields.has("role_arn"):
        role = fields.text("role_arn", form=_ROLE, like="arn:aws:iam::444444444444:role/name")
    found = _ROLE.fullmatch(role)
    if found and _ACCOUNT.fullmatch(place.account) and found[1] != place.account:
        fields.refuse(
            "role_arn",
            f"is a role of account {found[1]}, but `account` is {place.account}",
            "Make the two agree.",
        )
    return Access(profile, role)
