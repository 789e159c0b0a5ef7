"""Check definitions: what a check is called, which kind judges it, what may be set on it.

A definition is a small YAML file. Those of mcm are in `checks/`; a project may bring its
own under other names. The plan embeds the ones it uses, so parameters become canonical
values here, once: durations whole milliseconds, decimals text, lists lists.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mcm.config.fields import Fields
from mcm.config.kinds import KINDS, OPTIONAL, RULES
from mcm.config.params import TYPES
from mcm.config.problems import Problems
from mcm.config.strict_yaml import ListNode, MapNode, ScalarNode, load
from mcm.core import codec
from mcm.data import data_names, read_data

ON_BREACH = ("roll_back", "hold")
"""What a guardrail may do when it is breached."""

NOTHING_KNOWN: Mapping[str, Any] = MappingProxyType({})
CHECK_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_PARAMETER = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)


@dataclass(frozen=True)
class Parameter:
    name: str
    type: str
    """One of `mcm.config.params.TYPES`."""
    required: bool
    default: Any
    """A canonical value; None when the parameter is required."""
    about: str


@dataclass(frozen=True)
class Definition:
    name: str
    """What `use:` says."""
    kind: str
    about: str
    parameters: tuple[Parameter, ...]
    """Sorted by name."""
    on_breach: str
    example: Mapping[str, Any]
    """Parameters of a use that a test loads, as canonical values."""

    def to_value(self) -> Mapping[str, Any]:
        """Return the canonical value that a plan embeds."""
        value: Mapping[str, Any] = codec.to_value(self)
        return value


def builtin_definitions() -> dict[str, Definition]:
    """Return mcm's own definitions by name; raise ConfigError if one of them is broken."""
    found = (
        load_definition(read_data("checks", name), f"checks/{name}")
        for name in data_names("checks")
        if name.endswith(".yaml")
    )
    return {definition.name: definition for definition in found}


def definition_values(definitions: Mapping[str, Definition]) -> dict[str, Mapping[str, Any]]:
    """Return the canonical values by name, as `mcm.core.plans.planning` takes them."""
    return {name: definition.to_value() for name, definition in definitions.items()}


def load_definition(text: str, file: str) -> Definition:
    """Read one definition; raise ConfigError with everything that is wrong in it."""
    problems = Problems()
    fields = Fields(load(text, file), problems)
    name = fields.text("name", form=CHECK_NAME, like="http-health")
    kind = fields.choice("kind", tuple(KINDS))
    about = fields.text("about")
    parameters = tuple(_parameter(key, inner) for key, inner in fields.named_mappings("parameters"))
    on_breach = fields.optional(
        "on_breach", lambda key: fields.choice(key, ON_BREACH), ON_BREACH[0]
    )
    _check_kind(fields, kind, parameters)
    definition = Definition(
        name, kind, about, tuple(sorted(parameters, key=lambda p: p.name)), on_breach, {}
    )
    example = read_params(fields.mapping("example"), definition)
    fields.done()
    problems.raise_if_any()
    return Definition(name, kind, about, definition.parameters, on_breach, example)


def read_params(
    fields: Fields, definition: Definition, known: Mapping[str, Any] = NOTHING_KNOWN
) -> dict[str, Any]:
    """Return the canonical parameters of one use (`with:`), defaults filled in.

    What is missing, unknown or of another type is noted among the problems of `fields`,
    whose `done` is left to the caller. `known` has values for what is not written.
    """
    params: dict[str, Any] = {}
    before = len(fields.problems)
    for parameter in definition.parameters:
        if parameter.name in known and not fields.has(parameter.name):
            params[parameter.name] = known[parameter.name]
        elif parameter.required or fields.has(parameter.name):
            params[parameter.name] = TYPES[parameter.type].read(fields, parameter.name)
            _refuse_empty_list(fields, parameter)
        else:
            params[parameter.name] = parameter.default
    whole = KINDS[definition.kind].keys() - OPTIONAL <= params.keys()
    if whole and len(fields.problems) == before and definition.kind in RULES:
        RULES[definition.kind](fields, params)
    return params


def _refuse_empty_list(fields: Fields, parameter: Parameter) -> None:
    """A required list without items asks nothing, so nothing could ever fail."""
    node = fields.place_of(parameter.name)
    if not parameter.required or node is fields.node:
        return
    if isinstance(node, ListNode) and not node.items:
        fields.refuse(parameter.name, "is an empty list", parameter.about)
    elif isinstance(node, MapNode) and not node.entries:
        fields.refuse(parameter.name, "names nothing", parameter.about)


def _parameter(key: ScalarNode, fields: Fields) -> Parameter:
    if not _PARAMETER.fullmatch(key.text):
        fields.problems.add(
            key,
            f"a parameter cannot be called {key.text[:40]!r}",
            "Write lower-case letters, digits and _, such as silent_ok.",
        )
    type_ = fields.choice("type", tuple(TYPES))
    required = fields.optional("required", fields.boolean, default=False)
    default = TYPES[type_].read(fields, "default") if fields.has("default") else None
    if required == fields.has("default"):
        fields.problems.add(
            key,
            f"parameter `{key.text}` must be either required or have a default",
            "Write `required: true`, or `default:` with a value.",
        )
    return Parameter(key.text, type_, required, default, fields.text("about"))


def _check_kind(fields: Fields, kind: str, parameters: tuple[Parameter, ...]) -> None:
    """A kind's judge reads its own parameters; a definition must have just these.

    Those that came later may be left out.
    """
    if not fields.has("kind"):
        return
    given = {parameter.name: parameter.type for parameter in parameters}
    for name, type_ in KINDS[kind].items():
        if given.get(name, type_ if name in OPTIONAL else "") != type_:
            fields.refuse("parameters", f"needs `{name}` of type {type_} for the kind {kind}")
    for name in given.keys() - KINDS[kind].keys():
        fields.refuse("parameters", f"has `{name}`, which the kind {kind} does not read")
