"""How checks look: a list, an explanation with its example, and what a try found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mcm.cli.reading_text import answered, asked
from mcm.core import canonical
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.app.trying import Trial
    from mcm.config.definitions import Definition, Parameter

VERSION = 1
_LONG = 400


def list_lines(definitions: "Iterable[Definition]") -> Iterator[str]:
    """Yield a line for each check and one for what it holds."""
    for each in definitions:
        kind = "" if each.kind == each.name else f"  (kind {each.kind})"
        yield f"{each.name}{kind}{_source(each)}"
        yield f"    {clean(each.about, _LONG)}"


def list_value(definitions: "Iterable[Definition]") -> dict[str, Any]:
    """Return the document of `mcm checks list --json`."""
    found = [
        {"name": d.name, "kind": d.kind, "about": d.about, "source": d.source} for d in definitions
    ]
    return {"version": VERSION, "definitions": found}


def show_lines(definition: "Definition") -> Iterator[str]:
    """Yield what a definition means, parameter by parameter, and how it is used."""
    from mcm.config.strict_yaml import to_plain

    yield f"{definition.name}: {clean(definition.about, _LONG)}"
    then = "the stage is rolled back" if definition.on_breach == "roll_back" else "the walk holds"
    yield f"On a breach {then}, unless `on_breach` says otherwise."
    yield f"Kind {definition.kind}, by {_whose(definition)}."
    yield ""
    yield "Parameters:" if definition.parameters else "It has no parameters."
    for each in definition.parameters:
        yield f"  {each.name} ({_type(each)})"
        yield f"      {clean(each.about, _LONG)}"
    if definition.sets is not None:
        yield ""
        yield f"What it sets of {definition.kind}:"
        yield ""
        yield from _indented(to_plain(definition.sets))
    yield ""
    yield "In mcm.yaml, under `guardrails:` of a stage:"
    yield ""
    yield from example_lines(definition)


def example_lines(definition: "Definition") -> Iterator[str]:
    """Yield the definition's example as it would stand in mcm.yaml, defaults left out."""
    given = {
        each.name: written(each, definition.example[each.name])
        for each in definition.parameters
        if each.required or definition.example[each.name] != each.default
    }
    use = [{"use": definition.name, **({"with": given} if given else {})}]
    yield from _indented(use)


def _indented(value: Any) -> Iterator[str]:
    """Yield a value as YAML, each line of it clean."""
    import yaml

    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=72)
    yield from (f"  {clean(line, 400)}" for line in text.rstrip().split("\n"))


def _source(definition: "Definition") -> str:
    """Say in a list where a check of the project is from; nothing for mcm's own."""
    from mcm.config.definitions import MCM

    return "" if definition.source == MCM else f"  [{clean(definition.source, 120)}]"


def _whose(definition: "Definition") -> str:
    from mcm.config.definitions import MCM
    from mcm.config.kinds import KINDS

    if definition.source == MCM:
        return "mcm's own definition"
    instead = ", which stands in for mcm's own" if definition.name in KINDS else ""
    return f"{clean(definition.source, 120)} of this project{instead}"


def written(parameter: "Parameter", value: Any) -> Any:
    """Return a canonical value as the YAML that gives it."""
    from mcm.config.params import TYPES

    return TYPES[parameter.type].write(value)


def show_value(definition: "Definition") -> dict[str, Any]:
    """Return the document of `mcm checks show --json`; values as they are written in YAML."""
    from mcm.config.strict_yaml import to_plain

    return {
        "version": VERSION,
        "name": definition.name,
        "kind": definition.kind,
        "about": definition.about,
        "source": definition.source,
        "on_breach": definition.on_breach,
        "sets": None if definition.sets is None else to_plain(definition.sets),
        "parameters": [
            {
                "parameter": each.name,
                "type": each.type,
                "required": each.required,
                "default": None if each.required else written(each, each.default),
                "about": each.about,
            }
            for each in definition.parameters
        ],
        "example": {
            each.name: written(each, definition.example[each.name])
            for each in definition.parameters
        },
    }


def trial_lines(trials: "Sequence[Trial]") -> Iterator[str]:
    """Yield what each try read, measured and judged."""
    for number, trial in enumerate(trials):
        if number:
            yield ""
        place = trial.stage.place
        where = " ".join(part for part in (trial.stage.name, place.account, place.region) if part)
        yield f"{trial.guardrail.name}{f' at {where}' if where else ''}"
        for query, reading in trial.readings:
            yield f"  reading   {asked(query)}: {answered(reading)}"
        for line in trial.verdict.evidence:
            yield f"  measured  {clean(line, _LONG)}"
        yield f"  verdict   {trial.verdict.kind.name}: {clean(trial.verdict.reason, 2000)}"


def trial_value(trials: "Sequence[Trial]", now: datetime, exit_code: int) -> dict[str, Any]:
    """Return the document of `mcm checks run --json`."""
    return {
        "version": VERSION,
        "at": canonical.instant(now),
        "exit": exit_code,
        "tried": [_trial(trial) for trial in trials],
    }


def _trial(trial: "Trial") -> Mapping[str, Any]:
    from mcm.core.reading import Known

    return {
        "check": trial.guardrail.name,
        "kind": trial.guardrail.kind,
        "stage": trial.stage.name,
        "account": trial.stage.place.account,
        "region": trial.stage.place.region,
        "verdict": trial.verdict.kind.name,
        "reason": trial.verdict.reason,
        "evidence": list(trial.verdict.evidence),
        "readings": [
            {
                "of": asked(query),
                "known": isinstance(reading, Known),
                "answer": answered(reading),
                "at": canonical.instant(reading.at),
            }
            for query, reading in trial.readings
        ],
    }


def _type(parameter: "Parameter") -> str:
    if parameter.required:
        return f"{parameter.type}, required"
    default = written(parameter, parameter.default)
    return f"{parameter.type}, default {_flow(default)}"


def _flow(value: Any) -> str:
    import yaml

    return str(yaml.safe_dump(value, default_flow_style=True, width=200)).split("\n")[0]
