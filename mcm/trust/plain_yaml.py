"""The part of YAML that a trust file may use: mappings, lists, texts, whole numbers.

Anchors, aliases, merge keys, tags, double keys and a second document are refused, and
nothing else is given a type: `no`, `22:30` and `012` stay texts.
"""

import re
from typing import Any

import yaml

from mcm.core.errors import RefusedError

_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_DEPTH = 16


def parse(data: bytes) -> Any:
    """Return the value of one YAML document; raise RefusedError(E_YAML) for any more."""
    try:
        text = data.decode("utf-8")
        _check_events(text)
        return _value(yaml.compose(text, Loader=yaml.BaseLoader))
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as err:
        raise _refuse(" ".join(str(err).split())[:200]) from err


def _check_events(text: str) -> None:
    documents = depth = 0
    for event in yaml.parse(text, Loader=yaml.BaseLoader):
        line = _line(event.start_mark)
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if documents > 1 or depth > _DEPTH:
            raise _refuse(f"line {line}: a second document, or nested deeper than {_DEPTH}")
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _refuse(f"line {line}: anchors and aliases are not taken")
        if getattr(event, "tag", None) is not None:
            raise _refuse(f"line {line}: tags are not taken")


def _value(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        value: dict[str, Any] = {}
        for key, item in node.value:
            line = _line(key.start_mark)
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise _refuse(f"line {line}: a key that is not plain text")
            if key.value in value:
                raise _refuse(f"line {line}: key {key.value!r} is there twice")
            value[key.value] = _value(item)
        return value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode):
        plain = node.style is None and _NUMBER.fullmatch(node.value)
        return int(node.value) if plain else node.value
    raise _refuse("the file is empty")


def _line(mark: Any) -> int:
    return int(mark.line) + 1


def _refuse(reason: str) -> RefusedError:
    return RefusedError("E_YAML", f"YAML refused: {reason}")
