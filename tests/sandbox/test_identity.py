"""The sandbox's people, their keys and sessions, and STS."""

import pytest

from mcm.aws.port import AwsError, ErrorKind, Params, Reply
from mcm.sandbox.identity import ACCOUNT, PEOPLE, user_key
from tests.sandbox.pipeline_fakes import Shop

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deployer"


def who(shop: Shop, key: str) -> Reply:
    return shop.engine.call(key, "us-east-1", "sts", "GetCallerIdentity", {})


def assume(shop: Shop, key: str = "", **changes: object) -> Reply:
    asked: Params = {"RoleArn": ROLE, "RoleSessionName": "carol", **changes}
    caller = key or user_key("carol")
    return shop.engine.call(caller, "us-east-1", "sts", "AssumeRole", asked)


def failure(call: object, *args: object, **kwargs: object) -> AwsError:
    assert callable(call)
    with pytest.raises(AwsError) as caught:
        call(*args, **kwargs)
    return caught.value


def test_each_person_has_an_arn_and_a_user_id_of_their_own() -> None:
    shop = Shop()
    found = [who(shop, user_key(name)) for name in PEOPLE]
    assert [one["Arn"] for one in found] == [f"arn:aws:iam::{ACCOUNT}:user/{n}" for n in PEOPLE]
    assert len({one["UserId"] for one in found}) == len(PEOPLE)
    assert all(one["UserId"].startswith("AIDA") for one in found)


def test_a_key_has_the_length_of_an_access_key() -> None:
    assert {len(user_key(name)) for name in PEOPLE} == {20}


def test_an_unknown_key_is_refused() -> None:
    error = failure(who, Shop(), "AKIAEXAMPLEMALLORY00")
    assert (error.kind, error.code) == (ErrorKind.AUTH, "InvalidClientTokenId")


def test_an_assumed_role_calls_as_its_session() -> None:
    shop = Shop()
    opened = assume(shop)
    key = opened["Credentials"]["AccessKeyId"]
    assert key.startswith("ASIA")
    found = who(shop, key)
    assert found["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/carol"
    assert found["Arn"] == opened["AssumedRoleUser"]["Arn"]
    assert found["UserId"].endswith(":carol")


def test_a_session_ends_when_its_time_is_over() -> None:
    shop = Shop()
    key = assume(shop, DurationSeconds=900)["Credentials"]["AccessKeyId"]
    shop.clock.tick(899)
    assert who(shop, key)
    shop.clock.tick(1)
    error = failure(who, shop, key)
    assert (error.kind, error.code) == (ErrorKind.AUTH, "ExpiredTokenException")


@pytest.mark.parametrize("seconds", [60, 50000])
def test_a_session_lasts_15_minutes_to_12_hours(seconds: int) -> None:
    assert failure(assume, Shop(), DurationSeconds=seconds).code == "ValidationException"


def test_a_role_that_is_not_there_cannot_be_assumed() -> None:
    error = failure(assume, Shop(), RoleArn=f"arn:aws:iam::{ACCOUNT}:role/nobody")
    assert error.kind is ErrorKind.DENIED


def test_a_role_of_another_account_cannot_be_assumed() -> None:
    error = failure(assume, Shop(), RoleArn="arn:aws:iam::222222222222:role/deployer")
    assert error.kind is ErrorKind.DENIED


def test_a_session_that_assumes_a_role_gets_one_hour_at_most() -> None:
    shop = Shop()
    key = assume(shop)["Credentials"]["AccessKeyId"]
    assert failure(assume, shop, key, DurationSeconds=7200).code == "ValidationException"
    assert assume(shop, key, DurationSeconds=3600)["Credentials"]


def test_an_expired_key_is_refused_until_it_is_renewed() -> None:
    shop = Shop()
    shop.identities.expire(user_key("alice"))
    assert failure(who, shop, user_key("alice")).kind is ErrorKind.AUTH
    shop.identities.renew(user_key("alice"))
    assert who(shop, user_key("alice"))


def test_a_denied_operation_is_refused_to_that_key_only() -> None:
    shop = Shop()
    shop.identities.deny(user_key("alice"), "DisableStageTransition")
    error = failure(shop.disable)
    assert (error.kind, error.code) == (ErrorKind.DENIED, "AccessDeniedException")
    assert shop.stage("Prod")["inboundTransitionState"]["enabled"]
    asked = {"stageName": "Prod", "transitionType": "Inbound", "reason": "closed"}
    shop.call("DisableStageTransition", asked, by="carol")
    assert not shop.stage("Prod")["inboundTransitionState"]["enabled"]


def test_everybody_may_ask_who_they_are() -> None:
    shop = Shop()
    shop.identities.deny(user_key("alice"), "GetCallerIdentity")
    assert who(shop, user_key("alice"))
