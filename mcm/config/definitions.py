"""Check definitions: what a check is called, which kind judges it, what may be set on it.

A definition is a small YAML file. Those of mcm are in its `checks/`, one for each kind; a
project brings its own in a folder of that name (`mcm.app.own_checks`). Of a kind's
parameters it says what differs from mcm's, or it has a `with` that sets them, and then
parameters of its own, which are put in there: `{endpoint}`. The plan embeds the ones it
uses, so parameters become canonical values here, once: durations whole milliseconds,
decimals text, lists lists.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mcm.config.check_uses import NOTHING, nothing_given, of_kind, own_params
from mcm.config.fields import Fields
from mcm.config.filling import in_scripts, placeholders
from mcm.config.kinds import KINDS, OPTIONAL
from mcm.config.params import TYPES
from mcm.config.problems import Problems
from mcm.config.strict_yaml import MapNode, ScalarNode, load, to_plain
from mcm.core import codec
from mcm.data import data_names, read_data

ON_BREACH = ("roll_back", "hold")
"""What a guardrail may do when it is breached."""

MCM = "mcm"
"""The source of a definition that mcm brings."""
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
    source: str = MCM
    """`mcm`, or the file of the project. No part of what a plan embeds, nor is `base`."""
    sets: MapNode | None = None
    """What `with` sets of the kind's parameters, placeholders unfilled; None without it."""
    base: "Definition | None" = None
    """mcm's definition of the kind, for what `sets` leaves out."""

    def to_value(self) -> Mapping[str, Any]:
        """Return the canonical value that a plan embeds; `with` is the text of its JSON."""
        names = ("name", "kind", "about", "parameters", "on_breach", "example")
        value = {name: codec.to_value(getattr(self, name)) for name in names}
        return value | ({"with": self.shown_sets} if self.sets else {})

    @property
    def shown_sets(self) -> str:
        """What `with` sets, as JSON on one line."""
        return json.dumps(to_plain(self.sets), ensure_ascii=False) if self.sets else ""


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


def load_definition(
    text: str | bytes, file: str, bases: Mapping[str, Definition] = NOTHING
) -> Definition:
    """Read one definition; raise ConfigError with everything that is wrong in it.

    `bases` are mcm's definitions, by kind, for one of a project. Its example is read as a
    use would be, and has to be sound.
    """
    problems = Problems()
    fields = Fields(load(text, file), problems)
    name = fields.text("name", form=CHECK_NAME, like="http-health")
    kind = fields.choice("kind", tuple(KINDS))
    base = bases.get(kind)
    sets = _sets(fields) if base else None
    about = fields.text("about")
    given = fields.named_mappings("parameters") if not base or fields.has("parameters") else ()
    parameters = {each.name: each for each in (_parameter(key, inner) for key, inner in given)}
    if base and sets:
        _check_placeholders(fields, sets, parameters)
    else:
        inherited = {each.name: each for each in base.parameters} if base else {}
        parameters = inherited | parameters
        _check_kind(fields, kind, tuple(parameters.values()))
    on_breach = fields.optional(
        "on_breach",
        lambda key: fields.choice(key, ON_BREACH),
        base.on_breach if base else "roll_back",
    )
    own = tuple(sorted(parameters.values(), key=lambda p: p.name))
    source = file if base else MCM
    definition = Definition(name, kind, about, own, on_breach, {}, source, sets, base)
    needs = any(each.required for each in own)
    written = needs or not base or fields.has("example")
    inner = fields.mapping("example") if written else nothing_given(fields, "example")
    example = own_params(inner, definition)
    of_kind(inner, definition, example, sound=not problems)
    fields.done()
    problems.raise_if_any()
    return replace(definition, example=example)


def _sets(fields: Fields) -> MapNode | None:
    """Return what `with` of a definition sets; None where it has none."""
    if not fields.has("with"):
        return None
    node = fields.node_of("with")
    if node is not None and not isinstance(node, MapNode):
        fields.refuse("with", "must be a mapping (`key: value` lines)")
    return node if isinstance(node, MapNode) else None


def _check_placeholders(fields: Fields, sets: MapNode, parameters: Mapping[str, Parameter]) -> None:
    """Each placeholder names a parameter, is no code, and each parameter is put in somewhere."""
    used = set()
    for node, name in placeholders(sets):
        used.add(name)
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            hint = f"Its parameters: {known}."
            fields.problems.add(node, f"`{{{name}}}` is no parameter of this check", hint)
    for node, name in in_scripts(sets.get("run")):
        hint = f'Give it as an argument of its own: [sh, -c, \'… "$1"\', sh, "{{{name}}}"].'
        fields.problems.add(node, f"a shell would read `{{{name}}}` as part of its script", hint)
    for name in sorted(parameters.keys() - used):
        hint = f'Write "{{{name}}}" where it belongs, or leave it out.'
        fields.refuse("parameters", f"has `{name}`, which `with` does not use", hint)


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
