"""Two people at the command line: who may say what, and what must be typed."""

import base64

import pytest

from mcm.cli.compose import Project
from mcm.sandbox.identity import ACCOUNT
from mcm.trust.sshsig import SK_ED25519
from tests.cli.conftest import Shop


def test_approval_takes_a_terminal(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing but a person at a keyboard approves; there is no option that does."""
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    capsys.readouterr()

    assert shop.mcm("approve CM-0001 --profile bob") == 4
    assert "[E_NOT_A_TTY]" in capsys.readouterr().err
    assert "approved" not in shop.kinds()


def test_the_requester_cannot_approve(shop: Shop) -> None:
    """Refused before anything is typed, and journaled."""
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    code, text = shop.type("approve CM-0001 --profile alice", "CM-0001\n")

    assert (code, "[E_SELF_APPROVAL]" in text, "Type CM-0001" in text) == (4, True, False)
    assert shop.entries()[-1].kind == "refused"
    assert shop.entries()[-1].body["code"] == "E_SELF_APPROVAL"


def test_anothers_credentials_are_refused_before_the_signature(shop: Shop) -> None:
    """AWS takes one answer: the requester's would leave the execution dead."""
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    key = ".mcm-sandbox/keys/bob"
    code, text = shop.type(f"approve CM-0001 --profile alice --key {key}", "CM-0001\n")

    assert (code, "[E_NOT_THE_SIGNER]" in text, "Type CM-0001" in text) == (4, True, False)
    assert "--profile NAME" in text
    assert "approved" not in shop.kinds()
    assert shop.sent("PutApprovalResult") == 0


def test_only_the_requester_of_the_plan_may_request(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.mcm("plan CM-0001")

    assert shop.mcm("request CM-0001 --profile bob") == 4
    assert "its requester is alice" in capsys.readouterr().err
    assert not (shop.root / "changes/CM-0001/statements").exists()


def test_anything_but_the_id_leaves_without_a_signature(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    code, text = shop.type("approve CM-0001 --profile bob", "yes\n")

    assert (code, "CM-0001 was not typed" in text) == (10, True)
    assert "approved" not in shop.kinds()


def test_what_is_signed_is_shown_first(shop: Shop) -> None:
    shop.ready()
    plan = shop.plan()
    code, text = shop.type("approve CM-0001 --profile bob", "")

    assert (code, "approved CM-0001 for prod-us already" in text) == (0, True)
    assert f"answered by arn:aws:iam::{ACCOUNT}:user/bob" in text
    assert shop.kinds().count("approved") == 1
    assert shop.sent("PutApprovalResult") == 1
    summary = shop.summary()
    digest = next(e.body["statement"] for e in shop.entries() if e.kind == "approved")
    head = next(e for e in shop.entries() if e.kind == "approved")
    assert summary == f"mcm1 CM-0001 prod-us {digest} {head.seq}:{head.hash[:12]}"
    assert plan.stages[0].rollback_target


def test_without_a_request_there_is_nothing_to_approve(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    code, text = shop.approve()

    assert (code, "nobody has requested edition 1" in text) == (2, True)


def test_a_plan_edited_by_hand_is_refused(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.ready()
    capsys.readouterr()
    shop.edit("changes/CM-0001/plan.json", '"min_samples":1}', '"min_samples":0}')

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 4
    said = capsys.readouterr().err
    assert "[E_PLAN_CHANGED]" in said
    assert shop.sent("EnableStageTransition") == 0


@pytest.mark.parametrize(
    ("name", "old", "new", "shown"),
    [
        ("mcm.yaml", "{for: 1s", "{for: 2s", "stages[prod-us].bake.lasts: 1s → 2s"),
        ("changes/CM-0001/change.yaml", "PHOTO-417", "PHOTO-9", "ticket: PHOTO-417 → PHOTO-9"),
    ],
)
def test_files_edited_after_the_approval_void_it(
    shop: Shop,
    capsys: pytest.CaptureFixture[str],
    name: str,
    old: str,
    new: str,
    shown: str,
) -> None:
    """The refusal says what differs, and no promotion is sent."""
    shop.ready()
    capsys.readouterr()
    shop.edit(name, old, new)

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 4
    assert shown in capsys.readouterr().err
    assert shop.approve()[0] == 4
    assert shop.sent("EnableStageTransition") == 0


def test_a_rejection_ends_the_request(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.ready()
    assert shop.mcm("reject CM-0001 --reason not-tonight --profile carol") == 0
    capsys.readouterr()

    assert shop.mcm("deploy CM-0001 --stage prod-us") == 4
    assert "carol rejected CM-0001: not-tonight" in capsys.readouterr().err


def test_a_key_of_nobody_is_refused(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A key that the trust file does not know has no person."""
    shop.mcm("plan CM-0001")
    trust = shop.root / ".mcm/trust.yml"
    before = trust.read_text()
    keys = shop.root / ".mcm-sandbox/keys"
    try:
        trust.write_text(before.replace("- id: carol", "- id: dave"))
        capsys.readouterr()
        assert shop.mcm(f"request CM-0001 --key {keys / 'carol'}") == 4
        assert "dave cannot request" in capsys.readouterr().err
        lines = before.split("  - id: carol")[0]
        trust.write_text(lines)
        assert shop.mcm(f"trust pin {Project(shop.root).trust().digest}") == 0
        assert shop.mcm(f"request CM-0001 --key {keys / 'carol'}") == 4
        assert "[E_UNKNOWN_SIGNER]" in capsys.readouterr().err
    finally:
        trust.write_text(before)


@pytest.mark.parametrize("verb", ["request CM-0001", "deploy CM-0001 --stage prod-us"])
def test_a_plan_that_is_none_is_named_with_the_next_command(
    shop: Shop, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    shop.mcm("plan CM-0001")
    (shop.root / "changes/CM-0001/plan.json").write_text("{}\n")
    capsys.readouterr()

    assert shop.mcm(verb) == 4
    said = capsys.readouterr().err
    assert "changes/CM-0001/plan.json is not as mcm wrote it: " in said
    assert said.count("[E_CANONICAL]") == 1
    assert "`mcm plan CM-0001`" in said


def test_a_code_is_told_once(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """The trust file became another one after the request was signed."""
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    trust = shop.root / ".mcm/trust.yml"
    before = trust.read_text()
    trust.write_text(before.replace("version: 1", "version: 2"))
    capsys.readouterr()
    try:
        code = shop.mcm("reject CM-0001 --profile bob --reason no")
    finally:
        trust.write_text(before)

    assert code == 2
    assert capsys.readouterr().err.count("[E_TRUST_CHANGED]") == 1


def test_a_rejected_request_is_refused_before_anything_is_typed(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    shop.mcm("reject CM-0001 --reason not-tonight --profile carol")
    code, text = shop.approve()

    assert (code, "[E_REJECTED]" in text, "Type CM-0001" in text) == (4, True, False)
    assert shop.entries()[-1].body["code"] == "E_REJECTED"


def test_nobody_but_an_approver_is_asked_to_approve(shop: Shop) -> None:
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    code, text = shop.type("approve CM-0001 --profile carol", "CM-0001\n")

    assert (code, "carol is no approver [E_ROLE]" in text, "Type CM-0001" in text) == (
        4,
        True,
        False,
    )


def test_the_change_may_be_left_out_when_one_is_open(shop: Shop) -> None:
    (shop.root / "changes/CM-0002/change.yaml").unlink()
    shop.mcm("plan")
    shop.mcm("request")
    code, text = shop.type("approve --profile bob", "CM-0001\n")

    assert code == 0, text
    assert shop.mcm("reject --reason not-tonight --profile carol") == 0
    assert shop.kinds()[-1] == "rejected"


def test_threat_23_threat_25_a_touch_stage_refuses_plain_keys(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody has another there is no plan; with one, the plain key signs nothing."""
    trust = shop.root / ".mcm/trust.yml"
    before = trust.read_text()
    shop.edit(
        "mcm.yaml", "    pipeline_stage: ProdUS", "    pipeline_stage: ProdUS\n    touch: true"
    )
    try:
        assert shop.mcm("plan CM-0001") == 2
        assert "to approve: nobody may" in capsys.readouterr().err

        parts = (SK_ED25519.encode(), b"\7" * 32, b"ssh:")
        blob = b"".join(len(part).to_bytes(4) + part for part in parts)
        key = f"{SK_ED25519} {base64.b64encode(blob).decode()}"
        head, tail = before.split("  - id: bob\n    ssh: [", 1)
        trust.write_text(f'{head}  - id: bob\n    ssh: ["{key}", {tail}')
        assert shop.mcm("plan CM-0001") == 0
        assert "each by the touch of a security key" in capsys.readouterr().out
        assert shop.mcm("request CM-0001") == 0
        code, text = shop.type("approve CM-0001 --profile bob", "CM-0001\n")
        assert (code, "[E_TOUCH_REQUIRED]" in text, "Type CM-0001" in text) == (4, True, False)
    finally:
        trust.write_text(before)


def test_exceptions_are_shown_before_what_will_happen(shop: Shop) -> None:
    """And one that is written down after the approval makes another plan."""
    change = shop.root / "changes/CM-0001/change.yaml"
    line = '  - {gate: window, reason: this change is the fix, until: "2099-01-01T00:00:00Z"}'
    before = change.read_text()
    change.write_text(f"{before}\nexceptions:\n{line}\n")
    shop.mcm("plan CM-0001")
    shop.mcm("request CM-0001")
    code, text = shop.approve()
    assert code == 0, text
    assert text.index("EXCEPTION") < text.index("digest") < text.index("You sign")

    change.write_text(change.read_text().replace("2099-01-01", "2099-01-02"))
    assert shop.mcm("deploy CM-0001 --stage prod-us") == 4
    assert shop.entries()[-1].body["code"] == "E_PLAN_CHANGED"
