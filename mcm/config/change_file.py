"""`change.yaml` to a `Change`: what one change is, in its author's words.

It is read against its service: the stages, endpoints and freezes that it names must
exist there. Every mistake is told at once, where it stands.
"""

import re
from collections.abc import Mapping, Sequence

from mcm.config.answers import read_answers
from mcm.config.check_uses import use_params
from mcm.config.definitions import Definition, builtin_definitions
from mcm.config.fields import Fields
from mcm.config.problems import Problems
from mcm.config.strict_yaml import ListNode, ScalarNode, load
from mcm.core.endpoint import Expected
from mcm.core.errors import RefusedError, UsageError
from mcm.core.naming import check_change_id, find_stage
from mcm.core.plans.change import Assumed, Change
from mcm.core.plans.plan import ALARM, EXEMPTABLE, Exemption, Package
from mcm.core.plans.service import CheckUse, Service, StageConfig

_EXECUTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_WORD = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9._:-]{1,1500}", re.ASCII)
_LINE = re.compile(r"[^\n]{1,200}")


def load_change(
    text: str | bytes,
    file: str,
    service: Service,
    definitions: Mapping[str, Definition] | None = None,
) -> Change:
    """Read `change.yaml`; `file` is what messages call it.

    `definitions` are the checks that an assumption may use, mcm's own by default. Raises
    ConfigError with every problem in the order of the file.
    """
    return read_change(Fields(load(text, file), Problems()), service, definitions)


def check_change(
    text: str | bytes, file: str, definitions: Mapping[str, Definition] | None = None
) -> None:
    """Raise ConfigError for what is wrong in `change.yaml` whatever its service has.

    For a service that cannot be read itself: which names exist there, nobody can say.
    """
    read_change(Fields(load(text, file), Problems()), None, definitions)


def read_change(
    root: Fields, service: Service | None, definitions: Mapping[str, Definition] | None = None
) -> Change:
    """Read the mapping of `change.yaml`; without a service no name in it is looked up."""
    stages = _read_stages(root, service) if service else root.texts("stages")
    change = Change(
        id=_read_id(root),
        title=root.text("title", form=_LINE, like="Add a shadow variant, one line of 200 at most"),
        template=_optional(root, "template", _WORD, "shadow-model", "standard"),
        requester=root.text("requester", form=PERSON, like="alice"),
        ticket=_optional(root, "ticket", _LINE, "PHOTO-417", ""),
        execution=_optional(
            root, "execution", _EXECUTION, "01234567-89ab-cdef-0123-456789abcdef", ""
        ),
        packages=_read_packages(root),
        stages=stages,
        expect=_read_expect(root, service, stages),
        answers=read_answers(root),
        exceptions=_read_exceptions(root, service),
        depends_on=_read_depends(root),
        assumptions=_read_assumptions(root, stages, definitions),
    )
    root.done()
    root.problems.raise_if_any()
    return change


def _optional(fields: Fields, key: str, form: re.Pattern[str], like: str, default: str) -> str:
    return fields.text(key, form=form, like=like) if fields.has(key) else default


def _read_id(root: Fields) -> str:
    text = root.text("id")
    if text:
        try:
            check_change_id(text)
        except RefusedError as err:
            root.refuse("id", f"cannot be used: {text[:64]!a}", err.hint)
    return text


def _read_stages(root: Fields, service: Service) -> tuple[str, ...]:
    """The named stages in the order of mcm.yaml; case and punctuation do not count."""
    known = [stage.name for stage in service.stages]
    found: set[str] = set()
    if not root.texts("stages") and isinstance(root.place_of("stages"), ListNode):
        root.refuse("stages", "names no stage", f"mcm.yaml has: {', '.join(known)}.")
    for node in root.list("stages"):
        if not isinstance(node, ScalarNode) or not node.text.strip():
            continue
        try:
            stage = find_stage(node.text, known)
        except UsageError as err:
            root.problems.add(node, str(err))
            continue
        if stage in found:
            root.problems.add(node, f"stage {stage} is named twice", "Keep one of the two.")
        found.add(stage)
    return tuple(name for name in known if name in found)


def _read_packages(root: Fields) -> tuple[Package, ...]:
    found: list[Package] = []
    for fields in root.mappings("packages") if root.has("packages") else ():
        name = fields.text("name")
        if any(package.name == name for package in found):
            fields.refuse("name", f"is given twice: {name}")
        before, after = (
            _optional(fields, key, _REVISION, "a commit id", "") for key in ("before", "after")
        )
        found.append(Package(name, before, after))
    return tuple(sorted(found, key=lambda package: package.name))


def _read_expect(
    root: Fields, service: Service | None, stages: tuple[str, ...]
) -> dict[str, tuple[Expected, ...]]:
    """What the change makes different, by stage; each endpoint must be watched there."""
    if not root.has("expect"):
        return {}
    configs = {stage.name: stage for stage in service.stages} if service else {}
    fields = root.mapping("expect")
    found: dict[str, tuple[Expected, ...]] = {}
    for key, _ in root.named("expect"):
        if service and key.text not in stages:
            root.problems.add(
                key,
                f"`expect` names {key.text[:40]!r}, which is not a stage of this change",
                f"Its stages are: {', '.join(stages) or 'none'}.",
            )
        found[key.text] = _read_expected(fields, key.text, configs.get(key.text))
    return found


def _read_expected(fields: Fields, name: str, stage: StageConfig | None) -> tuple[Expected, ...]:
    watched = watched_endpoints(stage) if stage else ()
    found = []
    for key, inner in fields.named_mappings(name):
        shadow = inner.mapping("shadow")
        found.append(Expected(key.text, shadow.text("variant"), shadow.text("model")))
        if stage is not None and key.text not in watched:
            fields.problems.add(
                key,
                f"no sagemaker-endpoint check of stage {name} watches {key.text[:64]!r}",
                f"Watched there: {', '.join(watched) or 'none'}.",
            )
    return tuple(sorted(found, key=lambda expected: expected.endpoint))


def watched_endpoints(stage: StageConfig) -> tuple[str, ...]:
    """Return the endpoints that checks of the stage watch, sorted."""
    found = {use.params["endpoint"] for use in stage.guardrails if "endpoint" in use.params}
    return tuple(sorted(found))


def _read_depends(root: Fields) -> tuple[str, ...]:
    """Return the changes that this one rests on, sorted; never itself."""
    names = root.texts("depends_on") if root.has("depends_on") else ()
    for name in names:
        try:
            check_change_id(name)
        except RefusedError as err:
            root.refuse("depends_on", f"cannot name {name[:64]!a}", err.hint)
        if isinstance(node := root.place_of("id"), ScalarNode) and node.text == name:
            root.refuse("depends_on", "names this very change", "Leave it out.")
    return tuple(sorted(set(names)))


def _read_assumptions(
    root: Fields, stages: Sequence[str], definitions: Mapping[str, Definition] | None
) -> tuple[Assumed, ...]:
    """Return what the record takes for granted, each with the check that looks."""
    if not root.has("assumptions"):
        return ()
    definitions = builtin_definitions() if definitions is None else definitions
    found = []
    for fields in root.mappings("assumptions"):
        says = fields.text("says", form=_LINE, like="the review queue is empty")
        name = fields.choice("use", tuple(sorted(definitions)))
        definition = definitions[name]
        params = use_params(fields, definition)
        where = fields.texts("stages") if fields.has("stages") else ()
        for stage in where:
            if stages and stage not in stages:
                known = ", ".join(stages)
                fields.refuse("stages", f"has {stage[:40]!r}, not of the change: {known}")
        found.append(Assumed(says, CheckUse(name, params, "hold"), tuple(where)))
    return tuple(found)


def _read_gate(fields: Fields, freezes: Sequence[str]) -> str:
    """Return the name of what an exception opens; which alarms there are only AWS knows."""
    node = fields.place_of("gate")
    if isinstance(node, ScalarNode) and node.text.startswith(ALARM) and node.text != ALARM:
        return fields.text("gate")
    return fields.choice("gate", (*EXEMPTABLE, *freezes, f"{ALARM}NAME"))


def _read_exceptions(root: Fields, service: Service | None) -> tuple[Exemption, ...]:
    freezes = [f"freeze:{freeze.name}" for freeze in service.freezes] if service else []
    found = []
    for fields in root.mappings("exceptions") if root.has("exceptions") else ():
        gate = _read_gate(fields, freezes) if service else fields.text("gate")
        found.append(Exemption(gate, fields.text("reason"), fields.instant("until")))
    return tuple(found)
