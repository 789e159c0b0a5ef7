"""mcm.yaml: what it says becomes values, and every mistake is told where it stands."""

from datetime import datetime, timedelta

import pytest

from mcm.config.definitions import builtin_definitions
from mcm.config.problems import ConfigError
from mcm.config.service_file import load_channels, load_service
from mcm.core.network import Network
from mcm.core.plans.plan import Approval, Bake, Gate
from mcm.core.plans.service import Access, Channel, CheckUse, Service
from mcm.core.query import Metric, PipelineId, Place
from mcm.core.windows.hours import Hours
from mcm.core.windows.window import Freeze, Window

DEFINITIONS = builtin_definitions()
PING = {
    "url": "https://photo-check.example.com/ping",
    "within": 2000,
    "slower_than": 0,
    "status": [200],
    "body": [],
    "certificate_days": 0,
    "redirects": [],
}
ALARMS = {
    "names": ["photo-check-5xx", "photo-check-latency"],
    "prefix": "",
    "tag": "",
    "at_least": 1,
    "silent_ok": [],
}

WHOLE = """\
version: 1
service: parcel-photo-check
pipeline: {name: ParcelPhotoCheck, region: us-east-1, account: "111111111111"}
defaults: {poll: 30s, approvals: 1, bake: {for: 30m, min_samples: 100}, on_breach: roll_back}
notify: [{sns: "arn:aws:sns:us-east-1:111111111111:deploys"}, {webhook: {env: MCM_WEBHOOK_URL}}, \
{command: [./page.sh]}]
windows:
  quiet-us: {cron: "0 2 * * tue-thu", duration: 3h, timezone: America/Los_Angeles}
freezes:
  - {name: peak, from: 2026-11-25T00:00, to: 2026-12-02T00:00, timezone: America/Los_Angeles, \
reason: peak season}
stages:
  - name: prod-us
    pipeline_stage: ProdUS
    region: us-east-1
    account: "444444444444"
    role_arn: arn:aws:iam::444444444444:role/mcm-read
    gate: {approve: ApproveUS/Approve, open: ProdUS}
    window: quiet-us
    traffic: {metric: AWS/SageMaker Invocations, \
dimensions: {EndpointName: photo-check-us, VariantName: live}, stat: Sum}
    bake: {for: 60m, min_samples: 500}
    guardrails:
      - {use: alarms, with: {names: [photo-check-5xx, photo-check-latency]}}
      - {use: sagemaker-endpoint, with: {endpoint: photo-check-us}}
      - {use: http-health, with: {url: "https://photo-check.example.com/ping", within: 2s}}
"""

SMALL = """\
version: 1
service: parcel-photo-check
pipeline: {name: ParcelPhotoCheck, region: us-east-1, account: "111111111111"}
stages:
  - name: prod-us
    pipeline_stage: ProdUS
    region: us-east-1
    account: "111111111111"
    gate: {open: ProdUS}
    bake: {min_samples: 0}
    guardrails:
      - {use: alarms, with: {names: [photo-check-5xx]}}
"""


def load(text: str) -> Service:
    return load_service(text, "mcm.yaml", DEFINITIONS)


def edit(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old!r} is in the text {text.count(old)} times"
    return text.replace(old, new)


def said(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return [str(problem) for problem in caught.value.problems]


def refuse(old: str, new: str, *, source: str = WHOLE) -> str:
    """Edit the source and return what is said about it; one problem, in the edited line."""
    text = edit(source, old, new)
    (only,) = said(text)
    line = next(n for n, row in enumerate(text.split("\n"), 1) if row not in source.split("\n"))
    assert only.startswith(f"mcm.yaml:{line}:"), only
    return only


def test_the_whole_file_becomes_values() -> None:
    service = load(WHOLE)
    us_east = Place("111111111111", "us-east-1")
    assert service.name == "parcel-photo-check"
    assert service.sandbox is False
    assert service.pipeline == PipelineId(us_east, "ParcelPhotoCheck")
    assert service.access == Access("", "")
    assert service.poll == timedelta(seconds=30)
    assert service.settle == timedelta(minutes=3)
    assert service.notify == (
        Channel("sns", "arn:aws:sns:us-east-1:111111111111:deploys", ()),
        Channel("webhook", "MCM_WEBHOOK_URL", ()),
        Channel("command", "", ("./page.sh",)),
    )
    quiet = Window("quiet-us", "0 2 * * tue-thu", timedelta(hours=3), "America/Los_Angeles")
    assert service.windows == (quiet,)
    assert service.freezes == (
        Freeze(
            "peak",
            datetime(2026, 11, 25),  # noqa: DTZ001 - local time, in the zone beside it
            datetime(2026, 12, 2),  # noqa: DTZ001 - as above
            "America/Los_Angeles",
            "peak season",
        ),
    )
    (stage,) = service.stages
    assert stage.name == "prod-us"
    assert stage.pipeline_stage == "ProdUS"
    assert stage.place == Place("444444444444", "us-east-1")
    assert stage.access == Access("", "arn:aws:iam::444444444444:role/mcm-read")
    assert stage.production is True
    assert stage.gate == Gate(Approval("ApproveUS", "Approve"), "ProdUS")
    assert stage.window == Hours((quiet,), reserve=timedelta(minutes=15))
    assert stage.traffic == Metric(
        "AWS/SageMaker",
        "Invocations",
        (("EndpointName", "photo-check-us"), ("VariantName", "live")),
        "Sum",
        timedelta(minutes=1),
    )
    hour = timedelta(hours=1)
    assert stage.bake == Bake(hour, 500, 3 * hour)
    assert stage.guardrails == (
        CheckUse(
            "alarms",
            ALARMS,
            "roll_back",
        ),
        CheckUse("sagemaker-endpoint", {"endpoint": "photo-check-us"}, "roll_back"),
        CheckUse(
            "http-health",
            PING,
            "roll_back",
        ),
    )
    assert stage.approvals == 1


def test_what_is_left_out_gets_the_defaults() -> None:
    service = load(SMALL)
    stage = service.stages[0]
    half = timedelta(minutes=30)
    assert service.poll == timedelta(seconds=30)
    assert service.settle == timedelta(minutes=3)
    assert stage.bake == Bake(half, 0, 3 * half)
    assert stage.approvals == 1
    assert stage.stop_wait == timedelta(minutes=2)
    assert stage.abandon is False
    assert stage.production is True
    assert stage.guardrails[0].on_breach == "roll_back"
    assert stage.gate == Gate(None, "ProdUS")


def test_a_production_stage_without_a_window_is_read_and_stays_without_one() -> None:
    """None closes the gate for good; lint says so, but a rollback needs this file too."""
    assert load(SMALL).stages[0].window is None


def test_a_stage_overrides_the_defaults_key_by_key() -> None:
    text = edit(WHOLE, "bake: {for: 60m, min_samples: 500}", "bake: {min_samples: 7, limit: 31m}")
    text = edit(text, "window: quiet-us", "approvals: 2")
    stage = load(text).stages[0]
    assert stage.bake == Bake(timedelta(minutes=30), 7, timedelta(minutes=31))
    assert stage.approvals == 2


def test_a_stage_says_whether_authors_may_approve_and_keys_are_touched() -> None:
    """Silence leaves it to who is there (docs/design.md)."""
    text = edit(
        WHOLE, "window: quiet-us", "window: quiet-us\n    forbid_authors: false\n    touch: true"
    )

    stage, whole = load(text).stages[0], load(WHOLE).stages[0]
    assert (stage.forbid_authors, stage.touch) == (False, True)
    assert (whole.forbid_authors, whole.touch) == (None, False)


def test_a_stage_says_whether_the_glass_may_be_broken() -> None:
    """`never` in the defaults holds for each stage that does not allow it again."""
    never = edit(WHOLE, "approvals: 1", "approvals: 1, breakglass: never")
    allowed = edit(never, "window: quiet-us", "window: quiet-us\n    breakglass: allowed")

    assert load(WHOLE).stages[0].break_glass
    assert not load(never).stages[0].break_glass
    assert load(allowed).stages[0].break_glass


@pytest.mark.parametrize("word", ["false", "no", "Never", "always"])
def test_threat_46_another_word_about_the_glass_is_a_mistake(word: str) -> None:
    text = edit(WHOLE, "window: quiet-us", f"window: quiet-us\n    breakglass: {word}")

    with pytest.raises(ConfigError):
        load(text)


def test_the_way_to_aws_is_named() -> None:
    more = "proxy: http://proxy.example.com:3128\nca_bundle: certificates/company.pem\n"

    assert load(WHOLE + more).network == Network(
        "http://proxy.example.com:3128", "certificates/company.pem"
    )
    assert load(WHOLE).network == Network()


@pytest.mark.parametrize(
    "proxy", ["proxy.example.com:3128", "http://me:secret@proxy:1", "socks5://x:1", "http://a/b"]
)
def test_threat_61_a_proxy_with_a_password_or_a_path_is_a_mistake(proxy: str) -> None:
    with pytest.raises(ConfigError):
        load(WHOLE + f'proxy: "{proxy}"\n')


def test_a_stage_says_how_long_a_veto_may_be_waited_for() -> None:
    text = edit(WHOLE, "window: quiet-us", "window: quiet-us\n    rollback: {veto: 60s}")

    assert load(text).stages[0].veto == timedelta(minutes=1)
    assert load(WHOLE).stages[0].veto == timedelta(0)


def test_what_to_do_in_a_breach_is_the_checks_own_before_the_files_default() -> None:
    text = edit(WHOLE, "on_breach: roll_back", "on_breach: hold")
    text = edit(
        text,
        "- {use: sagemaker-endpoint, with: {endpoint: photo-check-us}}",
        "- {use: sagemaker-endpoint, with: {endpoint: photo-check-us}, on_breach: roll_back}",
    )
    found = [use.on_breach for use in load(text).stages[0].guardrails]
    assert found == ["hold", "roll_back", "hold"]


def test_standing_answers_stay_the_text_that_was_written() -> None:
    text = SMALL + "answers:\n  tier_one: no\n  two_person: yes\n"
    assert load(text).answers == {"tier_one": "no", "two_person": "yes"}


def test_a_service_may_only_be_watched() -> None:
    assert not load(WHOLE).observes
    assert load(edit(WHOLE, "version: 1\n", "version: 1\nmode: observe\n")).observes
    assert not load(edit(WHOLE, "version: 1\n", "version: 1\nmode: act\n")).observes
    said = refuse("version: 1\n", "version: 1\nmode: watch\n")
    assert "mode" in said


def test_every_problem_comes_at_once_with_its_place() -> None:
    text = edit(WHOLE, "poll: 30s", "poll: 30")
    text = edit(text, "timezone: America/Los_Angeles}\n", "timezone: PST}\n")
    text = edit(text, "window: quiet-us", "window: quiet-uk")
    text = edit(text, "    pipeline_stage: ProdUS\n", "    pipline_stage: ProdUS\n")
    found = said(text)
    places = [line.split(": ")[0] for line in found]
    assert "mcm.yaml:4:18" in places
    assert any(place.startswith("mcm.yaml:7:") for place in places)
    assert any(line.startswith("mcm.yaml:12:5: ") and "pipeline_stage" in line for line in found)
    assert any("quiet-uk" in line and "quiet-us" in line for line in found)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("service: parcel-photo-check", "service: parcel-photo-check\nservce: x", "`service`"),
        ("poll: 30s", "poll: 30", "30s, 10m"),
        ("timezone: America/Los_Angeles}\n", "timezone: PST}\n", "IANA"),
        ('cron: "0 2 * * tue-thu"', 'cron: "0 25 * * tue-thu"', "cron hour"),
        ("duration: 3h", "duration: 1s", "at least 1m"),
        ("window: quiet-us", "window: quiet-uk", "quiet-us"),
        ("use: alarms", "use: alarm", "alarms"),
        ("with: {endpoint: photo-check-us}", "with: {}", "with.endpoint` is missing"),
        ("with: {endpoint: photo-check-us}", "with: {endpoint: x, colour: red}", "with.colour`"),
        ("within: 2s", "within: 2", "30s, 10m"),
        ('"https://photo-check.example.com/ping"', "ftp://example.com", "https"),
        ('"444444444444"', '"44444444444"', "12 digits"),
        ('"444444444444"', "444444444444", "quote"),
        ("approve: ApproveUS/Approve", "approve: ApproveUS", "ApproveUS/"),
        ("gate: {approve: ApproveUS/Approve, open: ProdUS}", "gate: {}", "approve"),
        ("metric: AWS/SageMaker Invocations", "metric: Invocations", "AWS/SageMaker Invocations"),
        ("stat: Sum", "stat: Summ", "Sum"),
        ("stat: Sum", "stat: Sum, period: 90s", "whole minutes"),
        ("{command: [./page.sh]}", "{command: []}", "empty list"),
        ("{command: [./page.sh]}", "{command: [./page.sh], sns: x}", "one of sns"),
        ("poll: 30s", "poll: 1h", "5m at most"),
        ("from: 2026-11-25T00:00", "from: 2026-11-25T00:00Z", "without an offset"),
        ("to: 2026-12-02T00:00", "to: 2026-11-25T00:00", "after"),
        ("to: 2026-12-02T00:00", "to: soon", "2026-11-25T00:00"),
        ("approvals: 1", "approvals: 0", "at least 1"),
        ("on_breach: roll_back", "on_breach: ignore", "roll_back"),
        ("bake: {for: 60m, min_samples: 500}", "bake: {for: 60m, limit: 59m}", "limit"),
        ("role/mcm-read", "user/mcm-read", "role"),
        ("arn:aws:iam::444444444444:role", "arn:aws:iam::555555555555:role", "555555555555"),
        ("    region: us-east-1", "    region: virginia", "us-east-1"),
        ("env: MCM_WEBHOOK_URL", 'env: "https://hooks.example.com/secret"', "variable"),
        ("{command: [./page.sh]}", "{command: ./page.sh}", "list"),
        ("version: 1", "version: 2", "version"),
        ("window: quiet-us", "rollback: {veto: 60}", "30s, 10m"),
        ("window: quiet-us", "rollback: {veto: 11m}", "at most 10m"),
    ],
)
def test_a_mistake_is_named_where_it_stands_with_what_to_write(
    old: str, new: str, says: str
) -> None:
    assert says in refuse(old, new)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("poll: 30s", "poll: 500ms", "at least 15s"),
        ("poll: 30s", "poll: 30s, settle: 0s", "at least 3m"),
        ("bake: {for: 60m, min_samples: 500}", "bake: {for: 15s}", "at least 5m"),
        ("stat: Sum", "stat: Sum, period: 1s", "at least 1m"),
    ],
)
def test_times_of_the_sandbox_are_refused_for_aws(old: str, new: str, says: str) -> None:
    """They would judge data that AWS has not published yet."""
    assert says in refuse(old, new)
    assert load("realm: sandbox\n" + edit(WHOLE, old, new)).sandbox


def test_the_sandbox_has_a_floor_of_its_own() -> None:
    text = "realm: sandbox\n" + edit(WHOLE, "poll: 30s", "poll: 100ms")
    assert "200ms" in said(text)[0]


def test_an_unknown_realm_is_refused_and_not_taken_for_either() -> None:
    assert "sandbox" in said("realm: sandpit\n" + WHOLE)[0]


def test_samples_without_a_traffic_metric_are_refused() -> None:
    """Nothing could count them, so the bake would never end well."""
    (only,) = said(edit(SMALL, "bake: {min_samples: 0}", "bake: {for: 30m}"))
    assert "traffic" in only
    assert "min_samples: 0" in only


def test_a_production_stage_without_guardrails_is_refused() -> None:
    """Nothing would be watched, so nothing could ever fail."""
    text = SMALL[: SMALL.index("    guardrails")]
    assert "guardrails" in said(text)[0]
    assert load(text + "    production: false\n").stages[0].guardrails == ()


def test_an_alarm_that_may_be_silent_must_be_one_of_the_names() -> None:
    text = edit(SMALL, "{names: [photo-check-5xx]}", "{names: [a-5xx], silent_ok: [b-5xx]}")
    (only,) = said(text)
    assert "b-5xx" in only


def test_stage_names_that_differ_by_case_or_punctuation_alone_are_refused() -> None:
    """On the command line they would be the same stage."""
    stage = SMALL[SMALL.index("  - name") :]
    twin = stage.replace("name: prod-us", "name: ProdUS", 1)
    (only,) = said(SMALL + twin.replace("pipeline_stage: ProdUS", "pipeline_stage: ProdEU"))
    assert "prod-us" in only
    assert "line 5" in only


def test_two_stages_on_one_pipeline_stage_are_refused() -> None:
    stage = SMALL[SMALL.index("  - name") :]
    (only,) = said(SMALL + stage.replace("name: prod-us", "name: prod-other", 1))
    assert "ProdUS" in only


def test_a_file_without_stages_is_refused() -> None:
    found = said(SMALL[: SMALL.index("stages:")] + "stages: []\n")
    assert "stage" in found[0]


def test_nothing_but_a_map_is_a_service() -> None:
    assert said("- version: 1\n")[0].startswith("mcm.yaml:1:1: ")


def test_what_is_missing_is_named() -> None:
    found = "\n".join(said("version: 1\n"))
    for key in ("`service`", "`pipeline`", "`stages`"):
        assert key in found


def test_channels_are_read_from_a_file_that_is_wrong_elsewhere() -> None:
    """Who is to be told stays known while the rest of the file cannot be used."""
    text = (
        "version: 7\nservice: {}\nbroken: yes\n"
        "notify: [{webhook: {env: PAGER}}, {sns: nonsense}, {command: [./page.sh]}]\n"
    )
    found = load_channels(text, "mcm.yaml")

    assert [(each.kind, each.target, each.argv) for each in found] == [
        ("webhook", "PAGER", ()),
        ("command", "", ("./page.sh",)),
    ]
    assert load_channels("version: 1\nnotify: all\n", "mcm.yaml") == ()
    with pytest.raises(ConfigError):
        load_channels("a: [", "mcm.yaml")


@pytest.mark.parametrize("broken", ["stages: [\n", "a: 1\na: 2\n", "\tstages: 1\n", 'x: {y: "\n'])
@pytest.mark.parametrize("before", [True, False])
def test_channels_are_read_from_a_file_that_is_no_yaml(broken: str, before: bool) -> None:
    """Who is to be called in the night does not hang on a bracket elsewhere."""
    notify = (
        "notify:\n# on call\n- command: [./page.sh, urgent]\n\n  # all\n- webhook: {env: HOOK}\n"
    )
    (first, second) = load_channels(broken + notify if before else notify + broken, "mcm.yaml")

    assert (first.kind, second.kind) == ("command", "webhook")


@pytest.mark.parametrize(
    "text",
    [
        "a: [\nnotify:\n- command: [./one.sh]\nnotify:\n- command: [./two.sh]\n",
        "a: [\nnotify:\n- command: [./one.sh\n",
        "a: [\n  notify:\n  - command: [./one.sh]\n",
    ],
)
def test_channels_that_cannot_be_told_are_none(text: str) -> None:
    with pytest.raises(ConfigError):
        load_channels(text, "mcm.yaml")


def test_rule_31_what_looks_at_a_shadow_only_holds_whatever_the_defaults_say() -> None:
    watched = "- {use: sagemaker-endpoint, with: {endpoint: photo-check-us}}"
    use = "use: shadow-traffic, with: {endpoint: photo-check-us, live: live, shadow: candidate}"
    quiet = load(edit(WHOLE, watched, f"- {{{use}}}")).stages[0].guardrails[1]
    said = load(edit(WHOLE, watched, f"- {{{use}, on_breach: roll_back}}")).stages[0].guardrails[1]

    assert (quiet.on_breach, said.on_breach) == ("hold", "roll_back")


def test_limits_of_a_guardrail_are_read_apart() -> None:
    watched = "- {use: sagemaker-endpoint, with: {endpoint: photo-check-us}}"
    limits = "failure_limit: 1, consecutive_error_limit: 4, inconclusive_limit: 0"
    use = load(edit(WHOLE, watched, watched[:-1] + f", {limits}}}")).stages[0].guardrails[1]

    assert (use.failure_limit, use.consecutive_error_limit, use.inconclusive_limit) == (1, 4, 0)
    assert use.is_said is False
