"""Parameters put where a definition of the project says so: `{endpoint}` in its `with`.

A text that is one placeholder and nothing else becomes the value itself, a list or a
quantity included; inside other text the value is written out. What is put in lies where
its placeholder lies, so a problem with it is told there.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from mcm.config.strict_yaml import ListNode, MapNode, Node, ScalarNode

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}", re.ASCII)
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|a|z|k|fi)?sh", re.ASCII)
_SCRIPT = re.compile(r"-[a-z]*c", re.ASCII)


def placeholders(node: Node) -> Iterator[tuple[ScalarNode, str]]:
    """Yield each placeholder in the values of `node`: where it stands, and its name."""
    if isinstance(node, ScalarNode):
        yield from ((node, name) for name in PLACEHOLDER.findall(node.text))
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from placeholders(item)
    else:
        for _, value in node.entries:
            yield from placeholders(value)


def in_scripts(run: Node | None) -> Iterator[tuple[ScalarNode, str]]:
    """Yield each placeholder in the text that `run`, a command's words, gives a shell to read."""
    words = run.items if isinstance(run, ListNode) else ()
    plain = [word if isinstance(word, ScalarNode) else None for word in words]
    has_shell = False
    for word, after in pairwise(plain):
        has_shell = has_shell or (word is not None and bool(_SHELL.fullmatch(word.text)))
        if has_shell and word is not None and _SCRIPT.fullmatch(word.text) and after is not None:
            yield from placeholders(after)


def fill(node: Node, given: Mapping[str, Any]) -> Node:
    """Return `node` with each placeholder replaced by what `given` has, as YAML writes it."""
    if isinstance(node, ListNode):
        items = tuple(fill(item, given) for item in node.items)
        return ListNode(node.file, node.line, node.column, items)
    if isinstance(node, MapNode):
        entries = tuple((key, fill(value, given)) for key, value in node.entries)
        return MapNode(node.file, node.line, node.column, entries)
    alone = PLACEHOLDER.fullmatch(node.text)
    if alone:
        return _node(node, given[alone[1]])
    text = PLACEHOLDER.sub(lambda found: _text(given[found[1]]), node.text)
    return ScalarNode(node.file, node.line, node.column, text, node.is_quoted)


def _node(at: ScalarNode, value: Any) -> Node:
    if isinstance(value, list):
        items = tuple(_node(at, item) for item in value)
        return ListNode(at.file, at.line, at.column, items)
    if isinstance(value, Mapping):
        entries = tuple((_scalar(at, key), _node(at, inner)) for key, inner in value.items())
        return MapNode(at.file, at.line, at.column, entries)
    return _scalar(at, value)


def _scalar(at: ScalarNode, value: Any) -> ScalarNode:
    # An empty text must not look like a value that was left out; a number is no text.
    quoted = isinstance(value, str) and not value
    return ScalarNode(at.file, at.line, at.column, _text(value), quoted)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(str(value)):f}"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    return str(value)
