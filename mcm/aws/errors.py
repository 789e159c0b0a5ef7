"""From what AWS or botocore says went wrong to the one error that crosses the port.

The rule under all of it (AWS-RULES 3 and 5): a write that may have been carried out is
LOST, and only an answer that AWS itself gave, or a failure before anything was sent, is
anything else. Exceptions are told apart by the names in their class hierarchy, so this
module does not import botocore and costs nothing to load.

Messages are stripped of credentials and of whatever the caller sent as a token
(AWS-RULES 13); escaping for a terminal or a page is the business of whoever prints.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mcm.aws.port import AwsError, ErrorKind


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# botocore 1.44.5, retries/standard.py: what it counts as throttling.
_THROTTLED = _words(
    """Throttling ThrottlingException ThrottledException RequestThrottledException
    TooManyRequestsException ProvisionedThroughputExceededException
    TransactionInProgressException RequestLimitExceeded BandwidthLimitExceeded
    LimitExceededException RequestThrottled SlowDown PriorRequestNotComplete
    EC2ThrottledException"""
)
_AUTH = _words(
    """InvalidClientTokenId UnrecognizedClient UnrecognizedClientException
    SignatureDoesNotMatch InvalidSignatureException IncompleteSignature
    IncompleteSignatureException MissingAuthenticationToken
    MissingAuthenticationTokenException InvalidAccessKeyId InvalidToken AuthFailure
    RequestExpired RequestTimeTooSkewed TokenRefreshRequired"""
)
_DENIED = _words("UnauthorizedOperation UnauthorizedAccess OptInRequired")
_UNCERTAIN = re.compile(r"(Internal|ServiceUnavailable|ServiceFailure|RequestTimeout)")
_INVALID = re.compile(
    r"(Validation|ParamValidation|InvalidParameter|MissingParameter|MissingAction"
    r"|Serialization|Malformed|InvalidAction|InvalidQuery|UnknownOperation"
    r"|UnsupportedOperation|ExpiredNextToken|ExpiredIterator)"
)

_BEFORE_SENDING = _words("EndpointConnectionError ConnectTimeoutError ProxyConnectionError")
_NO_CREDENTIALS = _words(
    """NoCredentialsError PartialCredentialsError CredentialRetrievalError
    UnknownCredentialError RefreshWithMFAUnsupportedError MetadataRetrievalError
    NoAuthTokenError TokenRetrievalError UnknownTokenProviderError SSOError LoginError
    ProfileNotFound ConfigNotFound ConfigParseError InvalidConfigError"""
)
_BAD_REQUEST = _words(
    """ParamValidationError ValidationError UnknownServiceError DataNotFoundError
    NoRegionError BaseEndpointResolverError EndpointProviderError
    EndpointVariantError UnknownRegionError"""
)


def kind_of(code: str, status: int | None = None) -> ErrorKind:
    """Return what an error code that AWS answered with means.

    `status` is the HTTP status, None when there was no HTTP. A code that is only a number
    comes from something between us and AWS and proves nothing: LOST.
    """
    if code.startswith("ConcurrentModification") and status == 429:  # CloudWatch does
        return ErrorKind.CONFLICT
    if code in _THROTTLED or status == 429:
        return ErrorKind.THROTTLED
    if not code or code.isdigit() or _UNCERTAIN.match(code):
        return ErrorKind.LOST
    if status is not None and not 400 <= status < 500:
        return ErrorKind.LOST
    if _INVALID.match(code):
        return ErrorKind.INVALID
    if code in _AUTH or code.startswith("Expired"):
        return ErrorKind.AUTH
    if code in _DENIED or code.startswith(("AccessDenied", "NotAuthorized", "Authorization")):
        return ErrorKind.DENIED
    if "Conflict" in code or code.startswith("ConcurrentModification"):
        return ErrorKind.CONFLICT
    if "NotFound" in code or code.startswith("NoSuch"):
        return ErrorKind.NOT_FOUND
    return ErrorKind.REFUSED


def from_exception(
    err: Exception,
    service: str,
    operation: str,
    *,
    sent: bool = True,
    params: Mapping[str, Any] | None = None,
) -> AwsError:
    """Return the AwsError for `err`, raised by botocore during `operation`.

    With `sent=False` (no request of ours had left yet: credentials, client) the outcome is
    never LOST. `params` are the call's parameters; tokens among them are cut from the message.
    """
    answer = _answer(err)
    if answer is not None:
        code, message, status, answered = answer
        kind = kind_of(code, status)
        sent = sent and answered == operation
        if not sent:
            kind = _before_our_request(kind)
    else:
        code, message = type(err).__name__, str(err)
        kind = _kind_of_exception(err)
    if kind is ErrorKind.LOST and not sent:
        kind = ErrorKind.UNREACHABLE
    message = redact(message, secrets_in(params or {}))
    return AwsError(kind, code, message, service=service, operation=operation)


def redact(message: str, secrets: Iterable[str] = ()) -> str:
    """Return `message` without credentials, signatures, passwords in URLs and `secrets`."""
    for secret in secrets:
        message = message.replace(secret, "[cut]")
    for pattern, spare in _REDACTIONS:
        message = pattern.sub(spare, message)
    return message[:2000]


_REDACTIONS = (
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), "[key]"),
    (re.compile(r"(?i)((?:x-amz-security-token|x-amz-credential|x-amz-signature)\s*[=:]\s*)"
                r"[^\s&'\"]+"), r"\1[cut]"),
    (re.compile(r"(?<![-\w])(Credential|Signature|SecretAccessKey|SessionToken)(\s*[=:]\s*)"
                r"['\"]?[^\s,'\"]+['\"]?"), r"\1\2[cut]"),
    (re.compile(r"(?i)(https?://)[^/\s@]+@"), r"\1[cut]@"),
    (re.compile(r"[A-Za-z0-9+/=]{120,}"), "[cut]"),
)  # fmt: skip


def secrets_in(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts in `params` that must never be printed: tokens, passwords, secrets."""
    for name, value in params.items():
        if isinstance(value, Mapping):
            yield from secrets_in(value)
        elif (
            isinstance(value, str)
            and len(value) >= 6
            and re.search(r"(?i)token|secret|password", name)
        ):
            yield value


def _answer(err: Exception) -> tuple[str, str, int | None, str] | None:
    """What AWS answered, as (code, message, status, operation), if `err` is an answer."""
    response = getattr(err, "response", None)
    if "ClientError" not in _names(err) or not isinstance(response, Mapping):
        return None
    error = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    operation = str(getattr(err, "operation_name", ""))
    return str(error.get("Code", "")), str(error.get("Message", "")), status, operation


def _before_our_request(kind: ErrorKind) -> ErrorKind:
    """A call for credentials was refused: for the caller that is a lack of credentials."""
    known = {ErrorKind.THROTTLED: kind, ErrorKind.LOST: ErrorKind.UNREACHABLE}
    return known.get(kind, ErrorKind.AUTH)


def _kind_of_exception(err: Exception) -> ErrorKind:
    names = _names(err)
    if names & _BEFORE_SENDING:
        return ErrorKind.UNREACHABLE
    if names & _NO_CREDENTIALS or "still expired" in str(err):
        return ErrorKind.AUTH
    if names & _BAD_REQUEST:
        return ErrorKind.INVALID
    return ErrorKind.LOST


def _names(err: Exception) -> set[str]:
    return {cls.__name__ for cls in type(err).__mro__}
