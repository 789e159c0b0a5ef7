"""What a use of a check gives (`with:`), as the parameters that its kind's judge reads.

Those of a definition with a `with` of its own are put in there first. A use that its kind
would refuse is told where it is written.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mcm.config.fields import Fields
from mcm.config.filling import fill
from mcm.config.kinds import KINDS, OPTIONAL, RULES
from mcm.config.params import TYPES
from mcm.config.problems import Problems
from mcm.config.strict_yaml import ListNode, MapNode

if TYPE_CHECKING:
    from mcm.config.definitions import Definition, Parameter

NOTHING: Mapping[str, Any] = MappingProxyType({})


def read_params(
    fields: Fields, definition: "Definition", known: Mapping[str, Any] = NOTHING
) -> dict[str, Any]:
    """Return the canonical parameters of one use (`with:`), defaults filled in.

    What is missing, unknown or of another type is noted among the problems of `fields`,
    whose `done` is left to the caller. `known` has values for what is not written.
    """
    before = len(fields.problems)
    own = own_params(fields, definition, known)
    return of_kind(fields, definition, own, sound=len(fields.problems) == before)


def use_params(use: Fields, definition: "Definition") -> dict[str, Any]:
    """Return the parameters of a use, whose `with` may be left out where nothing is required."""
    needs = any(parameter.required for parameter in definition.parameters)
    written = needs or use.has("with")
    inner = use.mapping("with") if written else nothing_given(use, "with")
    return read_params(inner, definition)


def nothing_given(fields: Fields, key: str) -> Fields:
    """Return the fields of a mapping that is not written at `key`."""
    place = fields.place_of(key)
    empty = MapNode(place.file, place.line, place.column, ())
    return Fields(empty, fields.problems, f"{fields.where}.{key}" if fields.where else key)


def of_kind(
    fields: Fields, definition: "Definition", own: dict[str, Any], *, sound: bool
) -> dict[str, Any]:
    """Return what the kind's judge reads; `sound` says that `own` was read without a problem."""
    if definition.sets is not None and definition.base is not None:
        if sound:
            return _filled(fields, definition, own)
        return {each.name: each.default for each in definition.base.parameters}
    whole = KINDS[definition.kind].keys() - OPTIONAL <= own.keys()
    if sound and whole and definition.kind in RULES:
        RULES[definition.kind](fields, own)
    return own


def own_params(
    fields: Fields, definition: "Definition", known: Mapping[str, Any] = NOTHING
) -> dict[str, Any]:
    """Return the definition's own parameters, as they are given or by their defaults."""
    params: dict[str, Any] = {}
    for parameter in definition.parameters:
        if parameter.name in known and not fields.has(parameter.name):
            params[parameter.name] = known[parameter.name]
        elif parameter.required or fields.has(parameter.name):
            params[parameter.name] = TYPES[parameter.type].read(fields, parameter.name)
            _refuse_empty_list(fields, parameter)
        else:
            params[parameter.name] = parameter.default
    return params


def _filled(fields: Fields, definition: "Definition", own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kind's parameters with the definition's own ones filled in.

    What is wrong with them then is told where it stands while the definition itself is
    read, and at its use with the place in the definition.
    """
    assert definition.sets is not None
    assert definition.base is not None
    written = {p.name: TYPES[p.type].write(own[p.name]) for p in definition.parameters}
    problems = Problems()
    inner = Fields(fill(definition.sets, written), problems, "with")
    params = read_params(inner, definition.base)
    inner.done()
    here = fields.node.file == definition.source
    for each in problems.all():
        if here:
            fields.problems.add(each, each.message, each.hint, each.rule)
        else:
            why = f"`{fields.where}` does not fit {each.file}:{each.line}: {each.message}"
            fields.problems.add(fields.node, why, each.hint, each.rule)
    return params


def _refuse_empty_list(fields: Fields, parameter: "Parameter") -> None:
    """A required list without items asks nothing, so nothing could ever fail."""
    node = fields.place_of(parameter.name)
    if not parameter.required or node is fields.node:
        return
    if isinstance(node, ListNode) and not node.items:
        fields.refuse(parameter.name, "is an empty list", parameter.about)
    elif isinstance(node, MapNode) and not node.entries:
        fields.refuse(parameter.name, "names nothing", parameter.about)
