"""A project's own checks: read like mcm's, put in front of them, and signed with the plan."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm.app.own_checks import own_names, project_definitions
from mcm.app.planning import Files, PlanChangedError, check_current, load_plan, plan_change
from mcm.config.definitions import Definition, builtin_definitions, definition_values
from mcm.config.problems import ConfigError
from mcm.config.service_file import load_service
from mcm.core.errors import RefusedError
from mcm.sandbox.example import example_files
from tests.kit.files import Shelf, make_files
from tests.kit.world import World

LATENCY = """\
name: endpoint-latency
kind: metric-threshold
about: The slowest hundredth of an endpoint's answers comes in time.
parameters:
  endpoint: {type: text, required: true, about: The endpoint.}
  limit: {type: quantity, default: 250 ms, about: The longest.}
  points: {type: points, default: 2/3, about: How often.}
with:
  metrics:
    latency:
      metric: AWS/SageMaker ModelLatency
      dimensions: {EndpointName: "{endpoint}", VariantName: live}
      stat: p99
      unit: us
  above: "{limit}"
  points: "{points}"
on_breach: hold
example: {endpoint: photo-check-us}
"""
ALARMS = """\
name: alarms
kind: alarms
about: The alarms of our team.
parameters:
  tag: {type: optional-text, default: team=photos, about: Whose alarms.}
"""
USE = "      - {use: endpoint-latency, with: {endpoint: photo-check-us, limit: 90 ms}}\n"
HOLDS = "    guardrails:\n"
EXAMPLE = example_files(datetime(2026, 3, 11, 9, tzinfo=UTC))["mcm.yaml"]


def project(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "checks"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.yaml").write_text(text)
    return tmp_path


def said(root: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        project_definitions(root)
    return [str(problem) for problem in caught.value.problems]


def test_without_a_folder_there_are_mcms_own(tmp_path: Path) -> None:
    assert project_definitions(tmp_path) == builtin_definitions()
    assert own_names(tmp_path) == ()


def test_a_use_becomes_the_parameters_of_the_kind(tmp_path: Path) -> None:
    """What is signed is what will be judged, and nobody has to repeat a metric at each stage."""
    found = project_definitions(project(tmp_path, endpoint_latency=LATENCY))
    text = EXAMPLE.replace(HOLDS, HOLDS + USE)
    use = load_service(text, "mcm.yaml", found).stages[0].guardrails[0]

    assert use.use == "endpoint-latency"
    assert use.params["above"] == {"value": "90", "unit": "ms"}
    assert use.params["points"] == {"breach": 2, "of": 3}
    assert use.params["period"] == 60_000, "mcm's own default"
    dimensions = {each["name"]: each["value"] for each in use.params["metrics"][0]["dimensions"]}
    assert dimensions == {"EndpointName": "photo-check-us", "VariantName": "live"}


def test_the_projects_check_wins_over_mcms_of_the_same_name(tmp_path: Path) -> None:
    """It says only what differs; what it leaves out is as mcm has it."""
    found = project_definitions(project(tmp_path, alarms=ALARMS))["alarms"]
    mcms = builtin_definitions()["alarms"]

    assert (found.source, mcms.source) == ("checks/alarms.yaml", "mcm")
    assert found.example["tag"] == "team=photos"
    others = [each for each in found.parameters if each.name != "tag"]
    assert others == [each for each in mcms.parameters if each.name != "tag"]


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (("kind: metric-threshold", "kind: metric-treshold"), ":2:7: `kind` cannot be"),
        (('"{endpoint}"', '"{endpont}"'), "`{endpont}` is no parameter of this check"),
        (('"{endpoint}"', "photo-check"), "has `endpoint`, which `with` does not use"),
        (("default: 250 ms", "default: 250 h"), ":15:10: `with.above` has h, but what is judged"),
        (("above:", "abov:"), ":15:3: unknown key `with.abov`"),
        (("example: {", "example: {limit: 3, "), ":15:10: `with.above` has no unit"),
        (("example: {endpoint: photo-check-us}", ""), "`example` is missing"),
        (("about: The endpoint.", "about: "), "has no value"),
        (("name: endpoint-latency", "name: slow"), "the check in it is called slow"),
        (("with:\n", "with: [\n"), "checks/endpoint-latency.yaml:"),
    ],
)
def test_a_broken_check_is_told_with_its_place(
    tmp_path: Path, edit: tuple[str, str], says: str
) -> None:
    assert edit[0] in LATENCY
    root = project(tmp_path, endpoint_latency=LATENCY.replace(*edit))
    problems = said(root)
    assert any(says in problem for problem in problems), problems
    assert all(problem.startswith("checks/endpoint-latency.yaml:") for problem in problems)


SCRIPT = """\
name: front-door
kind: command
about: Asks the front door.
parameters:
  name: {type: text, required: true, about: Whose.}
with:
  run: %s
example: {name: photos}
"""


@pytest.mark.parametrize(
    ("run", "is_sound"),
    [
        ('[sh, -c, "curl https://{name}.example"]', False),
        ('[/usr/bin/env, bash, -euc, "curl {name}"]', False),
        ("""[sh, -c, 'curl "$1"', sh, "https://{name}.example"]""", True),
        ('[check_http, -w, "1", -c, "5{name}"]', True),
    ],
)
def test_a_parameter_is_no_part_of_a_shells_script(
    tmp_path: Path, run: str, *, is_sound: bool
) -> None:
    """`a b` or `$(reboot)` would be read as commands; an argument of its own is a text."""
    root = project(tmp_path, front_door=SCRIPT % run)

    if is_sound:
        assert "front-door" in project_definitions(root)
    else:
        (problem,) = said(root)
        assert "checks/front-door.yaml:7" in problem
        assert "a shell would read `{name}` as part of its script" in problem


def test_all_broken_files_are_told_at_once_and_one_of_another_ending_too(tmp_path: Path) -> None:
    root = project(tmp_path, one="name: one\n", two="name: two\n")
    (root / "checks" / "three.yml").write_text(LATENCY)
    (root / "checks" / "README.md").write_text("What we watch.\n")
    files = {problem.partition(":")[0] for problem in said(root)}
    assert files == {"checks/one.yaml", "checks/two.yaml", "checks/three.yml"}


def test_a_link_is_no_check(tmp_path: Path) -> None:
    root = project(tmp_path, endpoint_latency=LATENCY)
    (root / "checks" / "other.yaml").symlink_to("endpoint-latency.yaml")
    with pytest.raises(RefusedError) as caught:
        project_definitions(root)
    assert caught.value.code == "E_UNSAFE_FILE"


def test_a_use_that_does_not_fit_is_told_at_the_use(tmp_path: Path) -> None:
    found = project_definitions(project(tmp_path, endpoint_latency=LATENCY))
    use = USE.replace("90 ms", "90")
    text = EXAMPLE.replace(HOLDS, HOLDS + use, 1)
    with pytest.raises(ConfigError) as caught:
        load_service(text, "mcm.yaml", found)
    (problem,) = caught.value.problems
    assert problem.file == "mcm.yaml"
    assert text.splitlines()[problem.line - 1] == use.rstrip()
    assert "does not fit checks/endpoint-latency.yaml:15" in problem.message


def files_with(world: World, found: Mapping[str, Definition]) -> Files:
    """Return the example's files with the project's check in each stage."""
    text = example_files(world.clock.now())["mcm.yaml"].replace(HOLDS, HOLDS + USE)
    service = load_service(text, "mcm.yaml", found)
    values = definition_values(found)
    return replace(make_files(world), service=service, definitions=values)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("stat: p99", "stat: p50"), ("VariantName: live", "VariantName: old"), ("hundredth", "tenth")],
)
def test_a_check_that_changed_after_the_plan_voids_it(
    tmp_path: Path, was: str, becomes: str
) -> None:
    """Its words count, too: whoever signed has read them."""
    world, shelf = World(), Shelf()
    root = project(tmp_path, endpoint_latency=LATENCY)
    files = files_with(world, project_definitions(root))
    planned = plan_change(files, world.runner().observer, shelf, world.journal)
    kinds = {each.name: each.kind for each in planned.plan.stages[0].guardrails}
    assert kinds["endpoint-latency"] == "metric-threshold"
    assert planned.plan == load_plan(shelf, planned.plan.change)
    check_current(files, planned.plan, world.journal)

    (root / "checks" / "endpoint-latency.yaml").write_text(LATENCY.replace(was, becomes))
    changed = files_with(world, project_definitions(root))
    with pytest.raises(PlanChangedError) as caught:
        check_current(changed, planned.plan, world.journal)
    assert caught.value.code == "E_PLAN_CHANGED"
    assert "endpoint-latency" in " ".join(caught.value.details)
