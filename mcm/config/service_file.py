"""`mcm.yaml` to a `Service`: the one file that says how a service is deployed.

Every mistake is told at once, where it stands, with what to write. Times that only the
local AWS can keep are refused for a real account. A production stage without a window is
no mistake here: it is never open, and a rollback must be able to read the file.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from mcm.config import limits
from mcm.config.answers import read_answers
from mcm.config.calendar_fields import read_freezes, read_times
from mcm.config.definitions import ON_BREACH, Definition
from mcm.config.fields import Fields
from mcm.config.limits import Limits
from mcm.config.place_fields import NAME, read_access, read_place
from mcm.config.problems import ConfigError, Problems
from mcm.config.stage_fields import (
    BakeWords,
    Context,
    Defaults,
    read_approvals,
    read_bake,
    read_break_glass,
    read_stages,
    read_time,
)
from mcm.config.strict_yaml import load
from mcm.core.network import Network
from mcm.core.place import PipelineId
from mcm.core.plans.service import Channel, Service

VERSION = 1
MODES = ("act", "observe")
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}", re.ASCII)
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,127}", re.ASCII)
_PROXY = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/?", re.ASCII)
_BUDGET = re.compile(r"(0|[1-9][0-9]{0,6})(\.[0-9]{1,6})? USD", re.ASCII)
_FILE = re.compile(r"[^\0\n\r]{1,400}")
_NOTIFY = re.compile(r"^notify:.*\n?(?:^(?:[ #-].*)?(?:\n|\Z))*", re.MULTILINE)
CHANNELS = ("sns", "webhook", "command")


def load_service(text: str | bytes, file: str, definitions: Mapping[str, Definition]) -> Service:
    """Read `mcm.yaml`; `file` is what messages call it.

    `definitions` are the checks that a guardrail may use, by name. Raises ConfigError
    with every problem in the order of the file.
    """
    return read_service(Fields(load(text, file), Problems()), definitions)


def read_service(root: Fields, definitions: Mapping[str, Definition]) -> Service:
    """Read the mapping of `mcm.yaml`; see `load_service`."""
    _read_version(root)
    realm = root.optional("realm", lambda key: root.choice(key, ("aws", "sandbox")), "aws")
    least = limits.SANDBOX if realm == "sandbox" else limits.AWS
    name = root.text("service", form=_SERVICE, like="parcel-photo-check")
    pipeline_fields = root.mapping("pipeline")
    pipeline_name = pipeline_fields.text("name", form=NAME, like="ParcelPhotoCheck")
    place = read_place(pipeline_fields)
    poll, settle, defaults = _read_defaults(root, least)
    times = read_times(root)
    context = Context(least, defaults, times, definitions)
    service = Service(
        name=name,
        sandbox=least.sandbox,
        pipeline=PipelineId(place, pipeline_name),
        access=read_access(pipeline_fields, place),
        poll=poll,
        settle=settle,
        notify=_read_notify(root),
        windows=tuple(times.windows.values()),
        freezes=read_freezes(root, tuple(times.calendars)),
        stages=read_stages(root, context),
        answers=read_answers(root),
        network=_read_network(root),
        observes=root.optional("mode", lambda key: root.choice(key, MODES), "") == "observe",
        calendars=tuple(times.calendars.values()),
        budget=_read_budget(root),
    )
    root.done()
    root.problems.raise_if_any()
    return service


def load_channels(text: str | bytes, file: str) -> tuple[Channel, ...]:
    """Return who is notified by an `mcm.yaml` that may be wrong in anything else.

    A channel that is wrong itself is left out. Of what is no YAML as a whole the block
    `notify:` is read alone. Raises ConfigError where that is none either.
    """
    try:
        root = Fields(load(text, file), Problems())
    except ConfigError:
        root = Fields(load(_notify_block(text), file), Problems())
    found = []
    for entry in root.mappings("notify") if root.has("notify") else ():
        before = len(root.problems)
        channel = _read_channel(entry)
        if channel is not None and len(root.problems) == before:
            found.append(channel)
    return tuple(found)


def _notify_block(text: str | bytes) -> str:
    """Return the lines from `notify:` to the next key, which no value's own line stands beside.

    Empty where there are several: which one counts, nobody can say.
    """
    whole = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    blocks = _NOTIFY.findall(whole.replace("\r\n", "\n"))
    return str(blocks[0]) if len(blocks) == 1 else ""


def _read_network(root: Fields) -> Network:
    """Return the proxy and the certificates that calls to AWS may use; nothing else may."""
    proxy = bundle = ""
    if root.has("proxy"):
        proxy = root.text("proxy", form=_PROXY, like="http://proxy.example.com:3128")
    if root.has("ca_bundle"):
        bundle = root.text("ca_bundle", form=_FILE, like="certificates/company.pem")
    return Network(proxy, bundle)


def _read_budget(root: Fields) -> Decimal | None:
    if not root.has("budget"):
        return None
    text = root.text("budget", form=_BUDGET, like="0.50 USD")
    return Decimal(text.split()[0]) if _BUDGET.fullmatch(text) else None


def _read_version(root: Fields) -> None:
    before = len(root.problems)
    version = root.integer("version")
    if len(root.problems) == before and version != VERSION:
        root.refuse("version", f"is {version}, which this mcm does not read", "Write version: 1.")


def _read_defaults(root: Fields, least: Limits) -> tuple[timedelta, timedelta, Defaults]:
    bake = BakeWords(limits.BAKE.lasts, limits.BAKE.min_samples, None)
    if not root.has("defaults"):
        return limits.POLL, limits.SETTLE, Defaults(bake, 1, "", limits.STOP_WAIT, abandon=False)
    fields = root.mapping("defaults")
    poll, settle = limits.POLL, limits.SETTLE
    if fields.has("poll"):
        poll = read_time(fields, "poll", least.poll, least)
        if poll > limits.POLL_MOST:
            fields.refuse("poll", "is too long to watch by", "Write 5m at most.")
    if fields.has("settle"):
        settle = read_time(fields, "settle", least.settle, least)
    on_breach = fields.optional("on_breach", lambda key: fields.choice(key, ON_BREACH), "")
    defaults = Defaults(
        bake=read_bake(fields, bake, least),
        approvals=read_approvals(fields, 1),
        on_breach=on_breach,
        stop_wait=fields.optional("stop_wait", fields.duration, limits.STOP_WAIT),
        abandon=fields.optional("abandon", fields.boolean, default=False),
        break_glass=read_break_glass(fields, default=True),
    )
    return poll, settle, defaults


def _read_notify(root: Fields) -> tuple[Channel, ...]:
    entries = root.mappings("notify") if root.has("notify") else ()
    channels = (_read_channel(entry) for entry in entries)
    return tuple(channel for channel in channels if channel is not None)


def _read_channel(fields: Fields) -> Channel | None:
    kinds = [kind for kind in CHANNELS if fields.has(kind)]
    if len(kinds) != 1:
        fields.problems.add(
            fields.node,
            f"`{fields.where}` must have one of sns, webhook and command",
            "Write each channel as an item of its own.",
        )
        return None
    (kind,) = kinds
    if kind == "sns":
        like = "arn:aws:sns:us-east-1:111111111111:deploys"
        return Channel(kind, fields.text(kind, form=_TOPIC, like=like), ())
    if kind == "webhook":
        inner = fields.mapping(kind)
        like = "MCM_WEBHOOK_URL, the environment variable that holds the address"
        return Channel(kind, inner.text("env", form=_VARIABLE, like=like), ())
    before = len(fields.problems)
    argv = fields.texts(kind)
    if not argv and len(fields.problems) == before:
        fields.refuse(kind, "is an empty list", "Write it like [./page.sh].")
    return Channel(kind, "", argv)
