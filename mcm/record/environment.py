"""The template language of records: less of Jinja than Jinja offers, and with an end.

A project may bring templates of its own, so a template is taken as written by anybody. It
may loop over what the record holds, ask, define macros, extend mcm's own and print; it may
not compute, call methods, assign, include or reach for anything else. Every value that it
prints becomes text, whatever its author remembered, and only the filters `code`, `command`,
`link` and `image` print markup. What it writes is counted while it runs: loops are charged
by the round, so that neither an endless template nor a huge one gets far.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from jinja2 import FunctionLoader, StrictUndefined, TemplateRuntimeError, nodes, pass_context
from jinja2.exceptions import TemplateAssertionError
from jinja2.runtime import BlockReference, Context, Macro
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from mcm.record import escape

MOST = 4_000_000
"""Characters that a template may write, those inside of macros counted each time."""
_ROUND = 40
"""What a round of a loop costs besides what it writes: 100,000 of them are an end, too."""
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.And, nodes.Block, nodes.Call, nodes.Compare, nodes.CondExpr, nodes.Const,
    nodes.Extends, nodes.Filter, nodes.For, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.Keyword, nodes.Macro, nodes.Name, nodes.Not, nodes.Operand, nodes.Or, nodes.Output,
    nodes.Slice, nodes.Template, nodes.TemplateData, nodes.Test,
)  # fmt: skip
# No template can write these names, for they hold a space.
_COUNTED, _CHARGED = "each counted", "once charged"


class Bounded(SandboxedEnvironment):
    """An environment for templates of `sources`, by name, and of nothing else."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(
            loader=FunctionLoader(self._load),
            undefined=StrictUndefined,
            autoescape=True,
            finalize=self._as_text,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self.sources = sources
        self._left = MOST
        self.filters = {
            "code": lambda value: _markup(escape.code(value)),
            "command": lambda value: _markup(escape.command(value)),
            "link": lambda value, url: _markup(escape.link(value, url)),
            "image": lambda value, path: _markup(escape.image(value, path)),
            "length": len,
            _COUNTED: self._count,
            _CHARGED: self._charge_macro,
        }
        self.globals = {}

    def begin(self) -> None:
        """Count from nothing: the next page has all of `MOST`."""
        self._left = MOST

    def is_safe_callable(self, obj: Any) -> bool:
        """Say whether a template may call `obj`: its own macros and `super()` only."""
        return isinstance(obj, Macro | BlockReference)

    def _load(self, name: str) -> tuple[str, str, None] | None:
        found = self.sources.get(name)
        return None if found is None else (found, name, None)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        found = list(_walk(tree))
        _check(found, name)
        for loop in (each for each in found if isinstance(each, nodes.For)):
            cost = nodes.Const(_ROUND + _written(loop.body))
            loop.iter = _filtered(loop.iter, _COUNTED, cost)
        for macro in (each for each in found if isinstance(each, nodes.Macro)):
            cost = nodes.Const(_ROUND + _written(macro.body))
            charge = nodes.Output([_filtered(nodes.Const(""), _CHARGED, cost)])
            macro.body.insert(0, charge.set_lineno(macro.lineno))
        return tree

    def _charge(self, characters: int) -> None:
        self._left -= characters
        if self._left < 0:
            raise TemplateRuntimeError(f"it writes more than {MOST:,} characters, or has no end")

    @pass_context  # so that Jinja does not run it while it compiles
    def _count(self, context: Context, each: Iterable[Any], cost: int) -> Iterator[Any]:
        del context
        for item in each:
            self._charge(cost)
            yield item

    @pass_context
    def _charge_macro(self, context: Context, nothing: str, cost: int) -> Markup:
        del context, nothing
        self._charge(cost)
        return _markup("")

    def _as_text(self, value: Any) -> Markup:
        if isinstance(value, StrictUndefined):
            str(value)  # raises, with the name that is missing
        if isinstance(value, Markup):
            text = value
        elif isinstance(value, str | int) and not isinstance(value, bool):
            text = _markup(escape.text(str(value)))
        else:
            raise ValueError(f"a value of type {type(value).__name__} cannot be printed")
        self._charge(len(text))
        return text


def _walk(*roots: nodes.Node) -> Iterator[nodes.Node]:
    """Yield all nodes of the trees; `find_all` would go through a generator for each level."""
    left = list(roots)
    while left:
        node = left.pop()
        yield node
        left += node.iter_child_nodes()


def _check(found: Iterable[nodes.Node], name: str | None) -> None:
    """Raise TemplateAssertionError for what no template of a record may use."""
    for node in sorted(found, key=lambda each: each.lineno or 0):
        if not isinstance(node, _ALLOWED):
            word = type(node).__name__.lower()
            raise TemplateAssertionError(f"no template of a record has `{word}`", node.lineno, name)
        if isinstance(node, nodes.Name) and node.name == "self":
            raise TemplateAssertionError("no template of a record has `self`", node.lineno, name)
        if isinstance(node, nodes.Extends) and not isinstance(node.template, nodes.Const):
            raise TemplateAssertionError("`extends` takes a name", node.lineno, name)


def _written(body: list[nodes.Node]) -> int:
    """Return how many characters of the template itself one round writes."""
    return sum(len(each.data) for each in _walk(*body) if isinstance(each, nodes.TemplateData))


def _filtered(value: nodes.Node, name: str, cost: nodes.Const) -> nodes.Filter:
    made = nodes.Filter(cast(nodes.Expr, value), name, [cost], [], None, None)
    made.set_lineno(value.lineno)
    return made


def _markup(source: str) -> Markup:
    return Markup(source)  # noqa: S704 - made by mcm.record.escape
