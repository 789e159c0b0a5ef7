"""botocore's service models as the contract of what goes in and out of the sandbox.

botocore's own validator looks at requests only and leaves out enums, patterns and upper
bounds; AWS does not. `shape_errors` checks all of it, in both directions, so the sandbox
cannot answer what AWS could not, nor accept what AWS would refuse.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape

COMMON_ERRORS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InternalFailure",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SerializationException",
        "ServiceUnavailable",
        "SignatureDoesNotMatch",
        "Throttling",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationError",
        "ValidationException",
    }
)
"""What any AWS operation may answer beside the errors that its model names."""

# Said of an operation that AWS has and the sandbox does not.
UNSUPPORTED = "UnsupportedOperation"


@lru_cache(maxsize=8)
def service_model(service: str) -> "ServiceModel":
    """Return botocore's model of `service`; raise its UnknownServiceError if it has none."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def operation_model(service: str, operation: str) -> "OperationModel | None":
    """Return the model of one operation, None if the service has no such operation."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


def shape_errors(service: str, operation: str, reply: Any) -> list[str]:
    """Return what is wrong with a reply, one line each; an empty list if AWS could send it."""
    model = operation_model(service, operation)
    if model is None:
        return [f"{service} has no operation {operation}"]
    if model.output_shape is None:
        return [] if reply == {} else [f"{operation} has no output, not {reply!r}"]
    return _found(model.output_shape, reply)


def input_errors(service: str, operation: str, params: Any) -> list[str]:
    """Return what AWS would refuse in the parameters of a call, one line each."""
    model = operation_model(service, operation)
    if model is None:
        return [f"{service} has no operation {operation}"]
    if model.input_shape is None:
        return [] if params == {} else [f"{operation} takes no parameters"]
    return _found(model.input_shape, params)


def may_raise(service: str, operation: str, code: str) -> bool:
    """Whether AWS could answer `operation` with the error `code`."""
    if code in COMMON_ERRORS or code == UNSUPPORTED:
        return True
    model = operation_model(service, operation)
    if model is None:
        return False
    return any(code in error_names(shape) for shape in model.error_shapes)


def error_names(shape: Any) -> tuple[str, str]:
    """Return the two names of a modelled error: the shape's, and the code on the wire."""
    return shape.name, shape.error_code


def _found(shape: "Shape", value: Any) -> list[str]:
    errors: list[str] = []
    _check(shape, value, "", errors)
    return errors


def _check(shape: "Shape", value: Any, path: str, errors: list[str]) -> None:
    kinds = _TYPES.get(shape.type_name, ())
    fine = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if not fine:
        errors.append(f"{path or '$'}: {type(value).__name__} where {shape.type_name} is due")
        return
    deeper = _DEEPER.get(shape.type_name)
    if deeper is not None:
        deeper(shape, value, path, errors)
    _check_bounds(shape, value, path or "$", errors)


def _check_structure(shape: Any, value: dict[str, Any], path: str, errors: list[str]) -> None:
    errors.extend(
        f"{path}.{name}: is required and missing"
        for name in shape.required_members
        if name not in value
    )
    if shape.is_tagged_union and len(value) != 1:
        errors.append(f"{path or '$'}: must have exactly one member")
    for name, item in value.items():
        member = shape.members.get(name)
        if member is None:
            errors.append(f"{path}.{name}: is not a member of {shape.name}")
        else:
            _check(member, item, f"{path}.{name}", errors)


def _check_list(shape: Any, value: list[Any], path: str, errors: list[str]) -> None:
    for index, item in enumerate(value):
        _check(shape.member, item, f"{path}[{index}]", errors)


def _check_map(shape: Any, value: dict[str, Any], path: str, errors: list[str]) -> None:
    for key, item in value.items():
        _check(shape.key, key, f"{path}.{key}", errors)
        _check(shape.value, item, f"{path}.{key}", errors)


def _check_string(shape: Any, value: str, path: str, errors: list[str]) -> None:
    if shape.enum and value not in shape.enum:
        errors.append(f"{path or '$'}: {value!r} is not one of {', '.join(shape.enum)}")
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        errors.append(f"{path or '$'}: {value!r} does not match {pattern}")


def _check_timestamp(_shape: Any, value: datetime, path: str, errors: list[str]) -> None:
    if value.tzinfo is None:
        errors.append(f"{path or '$'}: a timestamp without a zone")


def _check_bounds(shape: "Shape", value: Any, path: str, errors: list[str]) -> None:
    size = value if shape.type_name in _NUMBERS else len(value) if _sized(shape) else None
    if size is None:
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    what = "value" if shape.type_name in _NUMBERS else "length"
    if low is not None and size < low:
        errors.append(f"{path}: {what} {size} is below {low}")
    if high is not None and size > high:
        errors.append(f"{path}: {what} {size} is above {high}")


def _sized(shape: "Shape") -> bool:
    return shape.type_name in ("string", "list", "map", "blob")


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""Return a model's pattern for Python, None for the few that Python cannot express.

    The models are written for Java: `\p{L}` and its kin are widened to Python's classes.
    """
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d"), (r"\p{M}", "")):
        pattern = pattern.replace(java, python)
    try:
        return re.compile(pattern)
    except re.error:
        return None


_NUMBERS = ("integer", "long", "float", "double")
_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "blob": (bytes,),
}
_DEEPER: dict[str, Callable[[Any, Any, str, list[str]], None]] = {
    "structure": _check_structure,
    "list": _check_list,
    "map": _check_map,
    "string": _check_string,
    "timestamp": _check_timestamp,
}
