"""A record view through the one template, to Markdown.

The template is mcm's own file; data is never a template. Every value that the template
prints becomes text by `finalize`, whatever the template's author remembered, and only
the filters `code`, `command` and `link` print markup. A field that is not there, `None` or a broken
template is a refusal that names template and line: no record is better than half of one.
"""

import re
from functools import cache
from typing import Any

from jinja2 import FunctionLoader, StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from mcm.core.errors import RefusedError
from mcm.data import read_data
from mcm.record import escape
from mcm.record.view import RecordView

TEMPLATE = "standard.md.j2"
_MISTAKES = (
    TemplateError,
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
)
"""What running a template can raise; a SecurityError of the sandbox is a TemplateError."""
_GAP = re.compile(r"\n{3,}")


def render_record(view: RecordView) -> str:
    """Return the record as Markdown: the same view gives the same bytes.

    Raises RefusedError(E_RENDER) if the template asks for what the view does not have.
    """
    return render(TEMPLATE, read_data("templates", TEMPLATE), view)


def render(name: str, source: str, view: RecordView) -> str:
    """Render the template text `source`, which messages call `name`, with `view` as `record`."""
    try:
        page = _compile(name, source).render(record=view)
    except TemplateSyntaxError as err:
        raise _refuse(name, err.lineno, err.message or "syntax error") from err
    except _MISTAKES as err:
        raise _refuse(name, _line(err, name), str(err)) from err
    return _GAP.sub("\n\n", page).strip() + "\n"


@cache
def _compile(name: str, source: str) -> Template:
    """Compile once: `mcm list` and `verify` render many records of one template."""
    return _environment(name, source).get_template(name)


def _environment(name: str, source: str) -> SandboxedEnvironment:
    env = SandboxedEnvironment(
        loader=FunctionLoader(lambda asked: (source, name, None) if asked == name else None),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=_as_text,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    env.filters = {"code": _code, "command": _command, "link": _link, "length": len}
    env.globals = {}
    return env


def _as_text(value: Any) -> Markup:
    if isinstance(value, Markup):
        return value
    if isinstance(value, str | int) and not isinstance(value, bool):
        return _markdown(escape.text(str(value)))
    if isinstance(value, StrictUndefined):
        str(value)  # raises, with the name that is missing
    raise ValueError(f"a value of type {type(value).__name__} cannot be printed")


def _code(value: str) -> Markup:
    return _markdown(escape.code(value))


def _command(value: str) -> Markup:
    return _markdown(escape.command(value))


def _link(value: str, url: str) -> Markup:
    return _markdown(escape.link(value, url))


def _markdown(source: str) -> Markup:
    return Markup(source)  # noqa: S704 - made by mcm.record.escape


def _line(err: BaseException, name: str) -> int:
    """Return the template's line in which `err` was raised; 0 if it cannot be told."""
    line = 0
    step = err.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == name:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _refuse(name: str, line: int, why: str) -> RefusedError:
    return RefusedError(
        "E_RENDER",
        f"cannot render templates/{name}, line {line}: {why}",
        hint="Mend the template, or reinstall mcm if it is mcm's own.",
    )
