"""JSON Schema of mcm.yaml and change.yaml, for editors: made by watching their readers.

There is no second list of keys that could drift. The readers promise to ask each key of
their `Fields` once, and to go on with stand-ins where nothing is written; so they read an
empty file whose `Fields` says that every key is there, and notes what each is asked for.
Only where a reader looks before it decides which keys to ask does it need help: the kinds
in `service_schema`. What a schema cannot say (names that must exist, times that are too
short) stays the loader's: what fits may still be refused, and not the other way round.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from mcm.config.change_file import read_change
from mcm.config.definitions import Definition
from mcm.config.problems import ConfigError, Problems
from mcm.config.schema_words import CHANGE, SERVICE
from mcm.config.service_file import CHANNELS, read_service
from mcm.config.watched import ANY_NAME, Kind, Schema, Watched
from mcm.core.windows.hours import CHANGE_CALENDAR, HOLIDAYS, ICS

_CHECK = re.compile(r"\[[a-z0-9-]+\]\.")
DIALECT = "http://json-schema.org/draft-07/schema#"
"""What YAML editors understand."""


def service_schema(definitions: Mapping[str, Definition]) -> Schema:
    """Return the schema of `mcm.yaml` with the parameters of each check in `definitions`."""
    once = frozenset({"from"})
    kinds = {
        "notify": _one_of(CHANNELS),
        "calendars": _one_of((HOLIDAYS, ICS, CHANGE_CALENDAR)),
        "windows": (Kind(present=once), Kind(absent=once)),
        "guardrails": _uses(definitions),
    }
    read = lambda root: read_service(root, definitions)  # noqa: E731 - no name is better
    # A stage's window is a name or a mapping; only the reader's second look tells which.
    mapped, named = (_watch(read, kinds, words) for words in ({}, {"window": "quiet"}))
    about = {**SERVICE, **_about_checks(definitions, "stages[].guardrails")}
    return _page("mcm.yaml", _join(mapped, named), about)


def change_schema(definitions: Mapping[str, Definition]) -> Schema:
    """Return the schema of `change.yaml`, whatever its service has."""
    read = lambda root: read_change(root, None, definitions)  # noqa: E731 - as above
    schema = _watch(read, {"assumptions": _uses(definitions)}, {})
    return _page("change.yaml", schema, {**CHANGE, **_about_checks(definitions, "assumptions")})


def _page(title: str, schema: Schema, about: Mapping[str, str]) -> Schema:
    return {"$schema": DIALECT, "title": title, **_describe(schema, "", about)}


def _uses(definitions: Mapping[str, Definition]) -> tuple[Kind, ...]:
    return tuple(Kind({"use": name}) for name in sorted(definitions))


def _about_checks(definitions: Mapping[str, Definition], of: str) -> dict[str, str]:
    """Return what is said of the checks in a list and of their parameters, by path."""
    found = {}
    for name, definition in definitions.items():
        path = f"{of}[{name}]"
        found[f"{path}.use"] = definition.about
        for each in definition.parameters:
            found[f"{path}.with.{each.name}"] = each.about
    return found


def _one_of(keys: Sequence[str]) -> tuple[Kind, ...]:
    return tuple(Kind(absent=frozenset(keys) - {key}, present=frozenset({key})) for key in keys)


def _watch(
    read: Callable[["Watched"], object],
    kinds: Mapping[str, Sequence[Kind]],
    words: Mapping[str, str],
) -> Schema:
    root = Watched(kinds, words, Problems())
    with suppress(ConfigError):  # nothing is written, so nothing can be built
        read(root)
    return root.schema()


def _join(one: Schema, other: Schema) -> Schema:
    """Return what either schema takes, told apart as deep inside as they differ."""
    if one == other:
        return one
    if "properties" in one and "properties" in other:
        mine, theirs = one["properties"], other["properties"]
        both = {
            key: _join(mine.get(key, theirs.get(key)), theirs.get(key, mine.get(key)))
            for key in sorted({*mine, *theirs})
        }
        return {**one, "properties": both}
    if "items" in one and "items" in other:
        return {**one, "items": _join(one["items"], other["items"])}
    return {"anyOf": [one, other]}


def _describe(schema: Schema, path: str, about: Mapping[str, str]) -> Schema:
    """Return `schema` with what `about` says of each key, by its path: `stages[].bake.for`."""
    told = dict(schema)
    if "anyOf" in schema:
        told["anyOf"] = [_describe(each, _kind_path(path, each), about) for each in schema["anyOf"]]
    if "properties" in schema:
        told["properties"] = {
            key: _describe(inner, f"{path}.{key}" if path else key, about)
            for key, inner in schema["properties"].items()
        }
    if isinstance(schema.get("additionalProperties"), dict):
        inner = schema["additionalProperties"]
        told["additionalProperties"] = _describe(inner, f"{path}.{ANY_NAME}", about)
    if "items" in schema:
        told["items"] = _describe(schema["items"], f"{path}[]", about)
    words = about.get(path) or about.get(_CHECK.sub("[].", path))
    return {"description": words, **told} if words else told


def _kind_path(path: str, schema: Schema) -> str:
    """Return the path of one kind of item: that of a guardrail names its check."""
    use = schema.get("properties", {}).get("use", {}).get("enum", ())
    return f"{path.removesuffix('[]')}[{use[0]}]" if use else path
