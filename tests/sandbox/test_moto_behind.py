"""Services that are not the engine's: moto's, or a clear no."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mcm.sandbox.http_message import Answer, Request, Scope
from mcm.sandbox.moto_behind import MotoBehind, Wsgi

ACCOUNT = "111111111111"
SQS = Scope("KEY", "us-east-1", "sqs")


def signed(service: str, target: str = "", body: bytes = b"", **headers: str) -> Request:
    scope = f"AWS4-HMAC-SHA256 Credential=KEY/20260318/us-east-1/{service}/aws4_request"
    sent = {"host": "127.0.0.1:80", "authorization": scope, **headers}
    return Request("POST", "/", sent | ({"x-amz-target": target} if target else {}), body)


def app(status: str, body: bytes = b"", **headers: str) -> Callable[[], Wsgi]:
    def run(_environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start(status, list(headers.items()))
        return [body]

    return lambda: run


def ask(load: Callable[[], Wsgi] | None, request: Request) -> Answer:
    return MotoBehind(ACCOUNT, load)(request, SQS)


def test_without_moto_it_says_what_to_install() -> None:
    def missing() -> Wsgi:
        raise ImportError("No module named 'moto'")

    answer = ask(missing, signed("sqs", "AmazonSQS.ListQueues"))
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "UnsupportedOperation")
    assert b"mcm-deploy[sandbox]" in answer.body


def test_a_server_error_becomes_a_clear_no() -> None:
    """botocore would send a 500 again."""
    answer = ask(app("500 Oops", b"<html>"), signed("sqs", "AmazonSQS.Dance"))
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "UnsupportedOperation")


def test_an_exception_becomes_a_clear_no() -> None:
    def broken() -> Wsgi:
        def run(_environ: dict[str, Any], _start: Callable[..., Any]) -> Iterable[bytes]:
            raise NotImplementedError("not today")

        return run

    answer = ask(broken, signed("sqs"))
    assert answer.status == 400
    assert b"<Code>UnsupportedOperation</Code>" in answer.body
    assert b"not today" in answer.body


def test_no_page_in_a_browser_is_invited() -> None:
    answer = ask(
        app("200 OK", b"x", **{"Access-Control-Allow-Origin": "*", "ETag": "1"}), signed("s3")
    )
    assert answer.headers == (("ETag", "1"),)


@pytest.mark.parametrize(("status", "kept"), [("404 Not Found", 404), ("200 OK", 200)])
def test_other_answers_pass_unchanged(status: str, kept: int) -> None:
    answer = ask(app(status, b"body"), signed("s3"))
    assert (answer.status, answer.body) == (kept, b"body")


def test_moto_answers_in_the_account_of_the_sandbox() -> None:
    """The real moto, for one service."""
    request = signed(
        "sqs",
        "AmazonSQS.CreateQueue",
        b'{"QueueName": "pages"}',
        **{"content-type": "application/x-amz-json-1.0"},
    )
    answer = ask(None, request)
    assert answer.status == 200
    assert f"/{ACCOUNT}/pages" in json.loads(answer.body)["QueueUrl"]
