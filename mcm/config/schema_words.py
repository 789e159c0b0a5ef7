"""What each key of mcm.yaml and change.yaml is for, as an editor shows it beside the key.

Keyed by path: `[]` is any item of a list, `*` any name that the user chose. The checks say
themselves what their parameters are (checks/*.yaml). A test finds keys without a word.
"""

from collections.abc import Mapping

_ACCESS = {
    "account": 'The account, 12 digits in quotes: "444444444444".',
    "region": "The region, such as us-east-1.",
    "profile": "The AWS profile to read with, as in ~/.aws/config.",
    "role_arn": "The role to read with; it must be one of this account.",
}
_BAKE = {
    "bake": "How long a promoted stage is watched; time and samples must both be satisfied.",
    "bake.for": "The least time, such as 30m.",
    "bake.min_samples": "Requests of the stage's traffic that must be seen; 0 asks for none.",
    "bake.limit": "The most time; then a person is asked. Three times `for` if not given.",
}
_SHARED = {
    **_BAKE,
    "approvals": "How many people besides the requester must approve.",
    "stop_wait": "How long a rollback waits for what it stopped, such as 2m.",
    "abandon": "Whether a rollback may then abandon what still runs, without asking.",
    "breakglass": "`never`: nobody goes forward alone, whatever burns.",
}

_GUARDRAIL = {
    "with": "The check's parameters.",
    "on_breach": "What its breach does here: roll_back or hold.",
    "failure_limit": "Breaches that are borne before one counts; 0 if not given.",
    "consecutive_error_limit": "Errors in a row after which a person is called.",
    "inconclusive_limit": "Inconclusive measurements after which a person is called.",
}


def _below(path: str, words: Mapping[str, str]) -> dict[str, str]:
    return {f"{path}.{key}": text for key, text in words.items()}


SERVICE: Mapping[str, str] = {
    "": "How one service is deployed, by mcm.",
    "version": "The version of this file's form: 1.",
    "realm": "`aws`, or `sandbox` for the local AWS.",
    "mode": "`observe`: mcm judges what others deploy, and sends nothing.",
    "service": "The name of the service.",
    "budget": "What the watch of one stage may cost at AWS, as 0.50 USD; more refuses its start.",
    "proxy": "The one proxy by which AWS may be reached: http://host:port.",
    "ca_bundle": "A file of certificates to believe besides the public ones.",
    "answers": "Answers that do not change from week to week; change.yaml may say otherwise.",
    "answers.*": "One answer, in your words.",
    "pipeline": "The pipeline that carries the service, and how to reach it.",
    "pipeline.name": "Its name in CodePipeline.",
    **_below("pipeline", _ACCESS),
    "defaults": "What holds for each stage that does not say otherwise.",
    "defaults.poll": "How often to look, such as 30s.",
    "defaults.settle": "How long reads may lag behind writes: 3m on AWS.",
    "defaults.on_breach": "What a breached guardrail does: roll_back or hold.",
    **_below("defaults", _SHARED),
    "notify": "Who is told, and how.",
    "notify[].sns": "The ARN of an SNS topic.",
    "notify[].webhook": "A webhook, whose address is a secret.",
    "notify[].webhook.env": "The environment variable that holds the address.",
    "notify[].command": "A program with its arguments; it gets the message on stdin.",
    "windows": "Hours in which a stage may be promoted, each under a name.",
    "windows.*.cron": "When it opens, as five fields of cron in local time: 0 2 * * tue-thu.",
    "windows.*.duration": "How long it stays open, such as 3h.",
    "windows.*.timezone": "An IANA name, such as America/Los_Angeles.",
    "windows.*.from": "When it opens, once, in local time: 2026-11-25T02:00.",
    "windows.*.to": "When it closes, in local time.",
    "calendars": "Other people's calendars, each under a name; stages use them.",
    "calendars.*.holidays": "A country or its part, such as US or DE-BY.",
    "calendars.*.ics": "An iCalendar file below this directory.",
    "calendars.*.change_calendar": "An SSM change calendar: name or ARN.",
    "calendars.*.timezone": "The IANA zone in which its days begin.",
    "freezes": "Spans in which nothing is promoted, whatever a window says.",
    "freezes[].name": "Its name; an exception opens it as `freeze:NAME`.",
    "freezes[].from": "When it begins, in local time: 2026-11-25T00:00.",
    "freezes[].to": "When it ends, in local time.",
    "freezes[].timezone": "An IANA name, such as Europe/Berlin.",
    "freezes[].reason": "Why, for whoever meets it.",
    "stages": "The stages of a walk, in the order of the pipeline.",
    "stages[].name": "What people type: prod-us.",
    "stages[].pipeline_stage": "The stage in CodePipeline that it is.",
    "stages[].production": "`false` for a stage whose loss nobody notices.",
    **_below("stages[]", _ACCESS),
    **_below("stages[]", _SHARED),
    "stages[].gate": "How a promotion reaches the stage: `open`, `approve` or both.",
    "stages[].gate.approve": "The manual approval before it: STAGE/ACTION.",
    "stages[].gate.open": "The stage whose disabled transition mcm opens.",
    "stages[].window": "When it may be promoted: a name, or allow, deny, reserve, low_traffic.",
    "stages[].window.allow": "Windows and iCalendar files, one of which must be open.",
    "stages[].window.deny": "Calendars that close it.",
    "stages[].window.reserve": "How much of the window a way back needs, such as 15m.",
    "stages[].window.low_traffic": "Promote only while there is little traffic.",
    "stages[].window.low_traffic.per_minute": "The most requests a minute.",
    "stages[].window.low_traffic.over": "Averaged over this time, such as 10m.",
    "stages[].traffic": "The metric that counts the stage's requests.",
    "stages[].traffic.metric": "Namespace and name: AWS/SageMaker Invocations.",
    "stages[].traffic.dimensions": "Its dimensions, each as NAME: VALUE.",
    "stages[].traffic.dimensions.*": "The value of one dimension.",
    "stages[].traffic.stat": "Sum, or SampleCount for a metric with a point each request.",
    "stages[].traffic.period": "The length of a point, such as 1m.",
    "stages[].forbid_authors": "Whether those who wrote the change may not approve it here.",
    "stages[].touch": "Whether an approval counts only by a security key that was touched.",
    "stages[].rollback": "How the stage goes back.",
    "stages[].rollback.veto": "How long a person may veto a rollback after a breach: 60s.",
    "stages[].guardrails": "What is watched before and after a promotion.",
    **_below("stages[].guardrails[]", _GUARDRAIL),
}

CHANGE: Mapping[str, str] = {
    "": "One change of a service, for mcm.",
    "id": "Its id, which is also the name of its folder.",
    "title": "What it does, in one line of 200 characters at most.",
    "template": "Which record is made of it: standard, shadow-model, emergency, routine.",
    "requester": "Who asks for it, by the id in .mcm/trust.yml.",
    "ticket": "Where it is written down elsewhere.",
    "execution": "The execution to promote; mcm finds the one that waits.",
    "packages": "Revision ranges that AWS does not tell.",
    "packages[].name": "The source's name.",
    "packages[].before": "The revision that production has.",
    "packages[].after": "The revision that it gets.",
    "stages": "The stages of mcm.yaml that it goes through.",
    "expect": "What it makes different, by stage; everything else must stay as it is.",
    "expect.*": "One stage: its endpoints by name.",
    "expect.*.*": "One endpoint, which a sagemaker-endpoint check of the stage watches.",
    "expect.*.*.shadow": "The shadow variant that it gets.",
    "expect.*.*.shadow.variant": "The variant's name.",
    "expect.*.*.shadow.model": "The model that it runs.",
    "depends_on": "Ids of changes that must have succeeded before.",
    "assumptions": "What the record takes for granted, each with the check that looks.",
    "assumptions[].says": "What is taken for granted, in one line.",
    "assumptions[].with": "The check's parameters.",
    "assumptions[].stages": "The stages at which it is looked at; all of them if not given.",
    "answers": "The questions of the record, answered in your words.",
    "answers.*": "One answer.",
    "exceptions": "Gates that stay open although they would close, signed with the plan.",
    "exceptions[].gate": "The gate by its name: window, check, freeze:NAME, alarm:NAME …",
    "exceptions[].reason": "Why, for whoever signs it.",
    "exceptions[].until": "Until when, as an instant: 2026-11-25T08:00Z.",
}
