"""doctor from an empty directory, and what it prints of hostile names."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mcm.app.doctor import diagnose
from mcm.app.seen import SeenAlarm, SeenStage, Survey
from mcm.cli.doctor_json import doctor_json
from mcm.cli.doctor_text import WIDTH, doctor_lines
from mcm.cli.looking import Roles
from mcm.cli.main import run
from mcm.core.alarm import AlarmDefinition
from mcm.core.judging.alarm_faults import Fault, FaultKind
from mcm.core.pipeline import Identity
from mcm.core.plans.layout import Layout, Site
from mcm.core.plans.plan import Approval
from mcm.core.plans.service import Access
from mcm.core.query import PipelineId, Place
from mcm.core.rollback.readiness import Edits, Readiness
from mcm.core.trust.layers import Layer, StageLayer
from tests.cli.conftest import Shop
from tests.cli.test_show_json import documented, objects

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=UTC)
US = Place("111111111111", "us-east-1")
EVIL = "\x1b[2J<script>\u202e`$(rm)`"


def stage(name: str = "prod-us", **fields: object) -> SeenStage:
    site = Site("ProdUS", US, (), (), Approval("Ask", "Go"), (), False, "closed", True)
    ready = Readiness("ProdUS", "", None, f"none: {EVIL}", "", 3, 1)
    return replace(SeenStage(name, site, ready), **fields)  # type: ignore[arg-type]


def look(*stages: SeenStage, **fields: object) -> Survey:
    layout = Layout(PipelineId(US, "P"), 4, "SUPERSEDED", tuple(each.site for each in stages))
    who = Identity("111111111111", "arn:aws:iam::111111111111:user/alice")
    made = Survey(NOW, layout, who, Edits(2, NOW), stages, ())
    return replace(made, **fields)  # type: ignore[arg-type]


def text(survey: Survey, **fields: object) -> str:
    return "\n".join(doctor_lines(diagnose(survey, set(), "aws", **fields)))  # type: ignore[arg-type]


def test_from_an_empty_directory_without_file_or_key(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copytree(shop.root / ".mcm-sandbox", folder / ".mcm-sandbox")
    monkeypatch.chdir(folder)

    assert run(["doctor", "--pipeline", "ParcelPhotoCheck", "--sandbox"]) == 0
    said = capsys.readouterr()

    assert "SANDBOX" in said.err
    assert "reading what ran in the last 30 days" in said.err
    assert "prod-us" in said.out
    assert "2 came in, 1 without way back" in said.out
    assert all(len(line) <= WIDTH for line in said.out.splitlines())
    assert sorted(path.name for path in folder.iterdir()) == [".mcm-sandbox"]

    assert run(["doctor", "--pipeline", "ParcelPhotoCheck", "--sandbox", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["stage"] for each in told["stages"] if each["production"]] == [
        "prod-eu",
        "prod-fe",
        "prod-us",
    ]


def test_in_a_project_it_names_the_stages_and_the_approvers_of_its_files(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shop.mcm("doctor --json") == 0

    us = json.loads(capsys.readouterr().out)["stages"][-1]
    assert us["may_approve"] == ["bob"]
    assert us["layer"] == "enforced"
    assert [each["alarm"] for each in us["alarms"]] == ["photo-check-5xx", "photo-check-latency"]


def test_a_read_role_is_taken_in_the_account_of_each_stage() -> None:
    roles = Roles("night", "mcm-read")

    assert roles.get(Place("", "us-east-1")) == Access("night", "")
    away = roles.get(Place("444444444444", "cn-north-1"))
    assert away == Access("night", "arn:aws-cn:iam::444444444444:role/mcm-read")


def test_without_file_and_pipeline_it_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["doctor"]) == 2
    assert "--pipeline NAME --region R" in capsys.readouterr().err


def test_hostile_names_come_out_as_text_in_80_columns() -> None:
    alarm = AlarmDefinition(EVIL * 3, "MetricAlarm", {})
    fault = Fault(FaultKind.CANNOT_FIRE, EVIL * 20)
    site = replace(stage().site, closed_by=EVIL * 9, inside=(EVIL,), more=(US,))
    evil = stage(
        EVIL,
        site=site,
        alarms=(SeenAlarm(alarm, (fault,)),),
        missing=(EVIL,),
        endpoints=(EVIL,),
        answered=((EVIL, 2),),
        unread=(EVIL * 5,),
    )
    layers = {EVIL: StageLayer(EVIL, Layer.PROOF, EVIL, missing=(EVIL,), unseen=(EVIL,))}
    denied = {("cloudwatch", EVIL, US)}

    made = diagnose(look(evil, unread=(EVIL,)), denied, "aws", {EVIL: (EVIL,)}, layers)
    lines = list(doctor_lines(made))

    shown = "\n".join(lines)
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\u{1b}[2J" in shown
    assert not [line for line in lines if len(line) > WIDTH and '"' not in line]
    assert "\x1b" not in json.dumps(doctor_json(made))


def test_what_is_unknown_is_said_to_be() -> None:
    ready = Readiness("ProdUS", "", None, "not known: throttled", "", None, 0, False)
    site = replace(stage().site, is_open=None)
    shown = text(look(stage(readiness=ready, site=site), identity=None, edits=Edits(None, None)))

    assert "NOWHERE" not in shown
    assert "is not known: throttled" in shown
    assert "how often the pipeline was edited is not known" in shown
    assert "way in not known" in shown
    assert "as unknown" in shown


def test_the_layer_in_force_and_what_is_missing_stand_with_the_gate() -> None:
    layer = StageLayer("prod-us", Layer.PROOF, "nobody is asked", missing=("an approval",))

    shown = text(look(stage()), layers={"prod-us": layer})

    assert "in force: proof: nobody is asked" in shown
    assert "missing: an approval" in shown


PARTS = {
    "edits": "doctor_edits",
    "stages": "doctor_stage",
    "denied": "doctor_denied",
    "policies": "doctor_policy",
    "advice": "doctor_advice",
    "answered_by": "doctor_answer",
    "alarms": "doctor_alarm",
    "faults": "doctor_fault",
}


def test_the_page_lists_the_keys_that_are_printed() -> None:
    alarm = AlarmDefinition("5xx", "MetricAlarm", {})
    seen = SeenAlarm(alarm, (Fault(FaultKind.SILENT, "now"),))
    full = stage(alarms=(seen,), answered=(("arn", 1),))
    document = doctor_json(diagnose(look(full), {("cloudwatch", "DescribeAlarms", US)}, "aws"))

    found = dict(objects("doctor", json.loads(json.dumps(document)), PARTS))

    tables = {name: keys for name, keys in documented().items() if name.startswith("doctor")}
    assert found == tables


def test_a_pipeline_without_production_says_so() -> None:
    assert "no stage of it is known to be production" in text(look())
