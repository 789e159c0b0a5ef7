"""When in doubt about a write it is LOST; what never left is not."""

import pytest
from botocore import exceptions as botocore_errors

from mcm.aws.errors import from_exception, kind_of, redact
from mcm.aws.port import AwsError, ErrorKind


def answer(code: str, status: int | None = 400, operation: str = "RollbackStage") -> Exception:
    metadata = {} if status is None else {"HTTPStatusCode": status}
    return botocore_errors.ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata}, operation
    )


def mapped(err: Exception, *, sent: bool = True) -> AwsError:
    return from_exception(err, "codepipeline", "RollbackStage", sent=sent)


@pytest.mark.parametrize("code", ["", "500", "404", "InternalFailure", "InternalServerError"])
def test_an_answer_that_says_nothing_sure_is_lost(code: str) -> None:
    assert kind_of(code, 400) is ErrorKind.LOST


def test_cloudwatch_says_conflict_with_the_status_of_throttling() -> None:
    assert kind_of("ConcurrentModificationException", 429) is ErrorKind.CONFLICT


@pytest.mark.parametrize("status", [200, 302, 500, 502, 503, 504])
def test_only_a_client_error_is_a_no(status: int) -> None:
    assert kind_of("ConflictException", status) is ErrorKind.LOST


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDenied", ErrorKind.DENIED),
        ("AccessDeniedException", ErrorKind.DENIED),
        ("UnauthorizedOperation", ErrorKind.DENIED),
        ("ExpiredToken", ErrorKind.AUTH),
        ("ExpiredTokenException", ErrorKind.AUTH),
        ("RequestExpired", ErrorKind.AUTH),
        ("InvalidClientTokenId", ErrorKind.AUTH),
        ("UnrecognizedClientException", ErrorKind.AUTH),
        ("SignatureDoesNotMatch", ErrorKind.AUTH),
        ("Throttling", ErrorKind.THROTTLED),
        ("TooManyRequestsException", ErrorKind.THROTTLED),
        ("LimitExceededException", ErrorKind.THROTTLED),
        ("ConflictException", ErrorKind.CONFLICT),
        ("ConcurrentModificationException", ErrorKind.CONFLICT),
        ("PipelineExecutionNotFoundException", ErrorKind.NOT_FOUND),
        ("ResourceNotFound", ErrorKind.NOT_FOUND),
        ("ValidationException", ErrorKind.INVALID),
        ("ValidationError", ErrorKind.INVALID),
        ("SerializationException", ErrorKind.INVALID),
        ("UnableToRollbackStageException", ErrorKind.REFUSED),
        ("PipelineExecutionOutdatedException", ErrorKind.REFUSED),
        ("InvalidApprovalTokenException", ErrorKind.REFUSED),
        ("DuplicatedStopRequestException", ErrorKind.REFUSED),
        ("PipelineExecutionNotStoppableException", ErrorKind.REFUSED),
        ("SomethingNewException", ErrorKind.REFUSED),
    ],
)
def test_codes_mean_the_same_with_and_without_http(code: str, kind: ErrorKind) -> None:
    assert (kind_of(code, 400), kind_of(code)) == (kind, kind)


@pytest.mark.parametrize(
    ("err", "kind"),
    [
        (botocore_errors.ReadTimeoutError(endpoint_url="u", error="e"), ErrorKind.LOST),
        (botocore_errors.ConnectionClosedError(endpoint_url="u"), ErrorKind.LOST),
        (botocore_errors.SSLError(endpoint_url="u", error="e"), ErrorKind.LOST),
        (botocore_errors.HTTPClientError(error="e"), ErrorKind.LOST),
        (ValueError("never seen before"), ErrorKind.LOST),
        (botocore_errors.EndpointConnectionError(endpoint_url="u"), ErrorKind.UNREACHABLE),
        (botocore_errors.ConnectTimeoutError(endpoint_url="u"), ErrorKind.UNREACHABLE),
        (botocore_errors.ProxyConnectionError(proxy_url="u"), ErrorKind.UNREACHABLE),
        (botocore_errors.NoCredentialsError(), ErrorKind.AUTH),
        (botocore_errors.PartialCredentialsError(provider="p", cred_var="v"), ErrorKind.AUTH),
        (botocore_errors.CredentialRetrievalError(provider="p", error_msg="e"), ErrorKind.AUTH),
        (botocore_errors.UnauthorizedSSOTokenError(), ErrorKind.AUTH),
        (botocore_errors.SSOTokenLoadError(error_msg="e"), ErrorKind.AUTH),
        (botocore_errors.TokenRetrievalError(provider="p", error_msg="e"), ErrorKind.AUTH),
        (botocore_errors.LoginRefreshRequired(), ErrorKind.AUTH),
        (botocore_errors.ProfileNotFound(profile="p"), ErrorKind.AUTH),
        (RuntimeError("Credentials were refreshed, but are still expired."), ErrorKind.AUTH),
        (botocore_errors.ParamValidationError(report="r"), ErrorKind.INVALID),
        (botocore_errors.NoRegionError(), ErrorKind.INVALID),
    ],
)
def test_botocore_exceptions(err: Exception, kind: ErrorKind) -> None:
    found = mapped(err)
    assert (found.kind, found.code) == (kind, type(err).__name__)


@pytest.mark.parametrize(
    "err",
    [
        botocore_errors.ReadTimeoutError(endpoint_url="u", error="e"),
        answer("InternalFailure", 500, "AssumeRole"),
        ValueError("never seen before"),
    ],
)
def test_what_fails_before_our_request_is_not_lost(err: Exception) -> None:
    found = mapped(err, sent=False)
    assert (found.kind, found.may_have_happened) == (ErrorKind.UNREACHABLE, False)


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchEntity", "ValidationError"])
def test_a_refused_call_for_credentials_is_a_lack_of_credentials(code: str) -> None:
    """The write itself was not refused: botocore could not become the role."""
    assert mapped(answer(code, 403, "AssumeRole")).kind is ErrorKind.AUTH


def test_a_throttled_call_for_credentials_stays_throttled() -> None:
    assert mapped(answer("Throttling", 400, "AssumeRole")).kind is ErrorKind.THROTTLED


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("key AKIAIOSFODNN7EXAMPLE is bad", "key [key] is bad"),
        ("x-amz-security-token:IQoJb3JpZ2luX2VjE", "x-amz-security-token:[cut]"),
        ("GET /?X-Amz-Signature=abc123&a=1", "GET /?X-Amz-Signature=[cut]&a=1"),
        ("Signature=fe5f80f77d5fa3beca038a248ff027d0", "Signature=[cut]"),
        ("proxy http://bob:hunter2@10.0.0.1:3128", "proxy http://[cut]@10.0.0.1:3128"),
        ("token " + "Qq" * 80, "token [cut]"),
        ("stage ProdUS is running", "stage ProdUS is running"),
    ],
)
def test_messages_lose_their_credentials(message: str, shown: str) -> None:
    assert redact(message) == shown


def test_messages_are_cut_to_length() -> None:
    assert len(redact("no " * 5000)) == 2000
