"""Where something stands in a file that people wrote, for who finds it wrong later.

The loaders give values without positions. A rule that judges values asks here, by path,
where to point: at what is there, or at the deepest part of the way to what is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mcm.config.problems import ConfigError
from mcm.config.strict_yaml import ListNode, MapNode, Node, ScalarNode, load

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int = 1
    column: int = 1


class Places:
    """Positions in one file; everything is at its beginning where it is no YAML."""

    def __init__(self, text: bytes, file: str) -> None:
        self.file = file
        self.text = text.decode("utf-8", "replace")
        try:
            self._node: Node | None = load(text, file)
        except ConfigError:
            self._node = None

    def of(self, *path: str | int) -> Spot:
        """Return where `path` is, keys by name and items of lists by number."""
        node = self._node
        for step in path:
            inner = _step(node, step)
            if inner is None:
                break
            node = inner
        return Spot(self.file, node.line, node.column) if node else Spot(self.file)

    def has(self, *path: str | int) -> bool:
        """Say whether there is something at `path`."""
        node = self._node
        for step in path:
            node = _step(node, step)
        return node is not None

    def words(self) -> Iterator[tuple[Path, str, Spot]]:
        """Yield every text of the file with its path and place, keys left out."""
        yield from _words(self._node, ())


def _step(node: Node | None, step: str | int) -> Node | None:
    if isinstance(node, MapNode) and isinstance(step, str):
        return node.get(step)
    if isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def _words(node: Node | None, path: Path) -> Iterator[tuple[Path, str, Spot]]:
    if isinstance(node, ScalarNode):
        yield path, node.text, Spot(node.file, node.line, node.column)
    elif isinstance(node, ListNode):
        for number, item in enumerate(node.items):
            yield from _words(item, (*path, number))
    elif isinstance(node, MapNode):
        for key, value in node.entries:
            yield from _words(value, (*path, key.text))
