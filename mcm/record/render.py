"""A record view through its template, to Markdown.

Data is never a template. A field that is not there, `None` or a broken template is a
refusal that names template and line: no record is better than half of one. What a
template may use at all: `mcm.record.environment`.
"""

import re
from functools import cache

from jinja2 import Template, TemplateError, TemplateSyntaxError

from mcm.core.errors import RefusedError
from mcm.core.plans.questions import TEMPLATES
from mcm.data import read_data
from mcm.record.environment import Bounded
from mcm.record.view import RecordView

BASE = "base.md.j2"
_MISTAKES = (
    TemplateError,
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    ArithmeticError,
    RecursionError,
    SyntaxError,
)
"""What running a template can raise; a SecurityError of the sandbox is a TemplateError."""
_GAP = re.compile(r"\n{3,}")


def template_file(template: str) -> str:
    """Return the name of the file that a template lies in."""
    return f"{template}.md.j2"


def render_record(view: RecordView, own: str | None = None) -> str:
    """Return the record as Markdown: the same view gives the same bytes.

    `own` is the text of the project's template when the view names one that mcm does not
    have. Raises RefusedError(E_RENDER) if the template asks for what the view does not
    have, uses what no template may, or does not come to an end.
    """
    name = template_file(view.template)
    if view.template in TEMPLATES:
        return render(name, read_data("templates", name), view)
    if own is None:
        known = ", ".join(TEMPLATES)
        raise RefusedError(
            "E_RENDER",
            f"there is no template {view.template}: templates/{name} is nowhere",
            hint=f"Write one of {known} as `template:` in change.yaml, or add the file.",
        )
    return render(name, own, view)


def render(name: str, source: str, view: RecordView) -> str:
    """Render the template text `source`, which messages call `name`, with `view` as `record`."""
    try:
        environment, template = _compile(name, source)
        environment.begin()
        page = template.render(record=view)
    except TemplateSyntaxError as err:
        raise _refuse(err.name or name, err.lineno, err.message or "syntax error") from err
    except _MISTAKES as err:
        raise _refuse(*_place(err, name), str(err) or type(err).__name__) from err
    return _GAP.sub("\n\n", page).strip() + "\n"


@cache
def _compile(name: str, source: str) -> tuple[Bounded, Template]:
    """Compile once: `mcm list` and `verify` render many records of one template."""
    environment = Bounded({BASE: read_data("templates", BASE), name: source})
    return environment, environment.get_template(name)


def _place(err: BaseException, name: str) -> tuple[str, int]:
    """Return template and line in which `err` was raised; line 0 if it cannot be told."""
    found = (name, 0)
    step = err.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename in (name, BASE):
            found = (step.tb_frame.f_code.co_filename, step.tb_lineno)
        step = step.tb_next
    return found


def _refuse(name: str, line: int, why: str) -> RefusedError:
    return RefusedError(
        "E_RENDER",
        f"cannot render templates/{name}, line {line}: {why}",
        hint="Mend the template, or reinstall mcm if it is mcm's own.",
    )
