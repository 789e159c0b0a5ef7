"""What a record shows, as plain values. All text is as people or AWS wrote it.

Every field must be given: the template may use each without asking whether it is there,
and a field that it asks for in vain is a refusal. A tuple may be empty; a text is empty
only where its docstring says so.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    """A line with an address in it; what is shown of it is where it leads."""

    label: str
    """What stands in front; may be empty."""
    shown: str
    url: str
    """Plain https, or empty: then there is no link."""


@dataclass(frozen=True)
class Topic:
    """One question that the record answers."""

    question: str
    word: str
    """`yes` or `no` where the question asks for one of them; else empty."""
    paragraphs: tuple[str, ...]
    """The author's words; empty while nobody has answered."""
    facts: tuple[str, ...]
    """What the plan says on the same question."""
    addresses: tuple[Address, ...] = ()
    """The answer's lines where the question asks for addresses; then it has no paragraphs."""

    @property
    def is_open(self) -> bool:
        """Whether neither a person nor the plan has answered it."""
        return not (self.word or self.paragraphs or self.facts or self.addresses)


@dataclass(frozen=True)
class Figure:
    """A picture that lies beside the record."""

    path: str
    """Relative to the record: `graphs/NAME.svg`."""
    alt: str
    """What it shows, for those who cannot see it."""


@dataclass(frozen=True)
class Drawn:
    """The pictures that lie beside a record."""

    graphs: tuple[Figure, ...] = ()
    """Metrics with the bounds at which a guardrail acts."""
    traffic: tuple[Figure, ...] = ()
    """Heat maps, which show why the windows are a quiet time."""
    missing: tuple[str, ...] = ()
    """What there is no picture of, and why."""


@dataclass(frozen=True)
class ShadowLine:
    """A shadow variant that this change brings."""

    stage: str
    endpoint: str
    variant: str
    model: str


@dataclass(frozen=True)
class CommitLine:
    source: str
    id: str
    summary: str
    url: str
    """Empty when AWS gives none."""


@dataclass(frozen=True)
class PackageLine:
    name: str
    before: str
    """Empty when unknown."""
    after: str


@dataclass(frozen=True)
class BroughtLine:
    """A commit that a package brings, or one that it no longer has."""

    id: str
    """Short."""
    url: str
    """Empty when nobody knows."""
    subject: str
    author: str
    """Empty when only AWS names the commit."""
    request: str
    """`#12`; empty when it names none."""
    request_url: str
    remark: str
    """What it takes back or cancels out with; empty for most."""


@dataclass(frozen=True)
class RangeLine:
    """The commits of one package between what runs now and what is pinned."""

    name: str
    summary: str
    """How many there are, in words; or why nobody can tell."""
    notes: tuple[str, ...]
    commits: tuple[BroughtLine, ...]
    cancelling: tuple[BroughtLine, ...]
    """Those of the range that cancel each other out, by what their messages say."""
    left_out: int
    lost: tuple[BroughtLine, ...]
    """What runs now and is not in the new revision."""
    lost_left_out: int


@dataclass(frozen=True)
class Difference:
    """What the pinned execution brings."""

    packages: tuple[PackageLine, ...]
    ranges: tuple[RangeLine, ...]
    commits: tuple[CommitLine, ...]
    """What AWS names as the execution's sources, without those that `ranges` tell."""
    left_out: int
    """How many more of them there are than are shown."""


@dataclass(frozen=True)
class GuardrailLine:
    name: str
    condition: str
    """When it is crossed, with its numbers."""
    then: str
    """What happens then."""


@dataclass(frozen=True)
class StageLine:
    name: str
    pipeline_stage: str
    where: str
    window: str
    gate: str
    bake: str
    approvals: str
    target: str
    """Execution that a rollback goes back to; empty when there is none."""
    expected: tuple[str, ...]
    unchanged: tuple[str, ...]
    guardrails: tuple[GuardrailLine, ...]
    rollback: tuple[str, ...]
    """The commands that roll this stage back: mcm's, then plain AWS's."""
    outcome: str


@dataclass(frozen=True)
class DrillLine:
    """The newest drill of one stage."""

    stage: str
    at: str
    """Empty when the stage has never been drilled, or when nobody can tell."""
    summary: str
    """Empty when it has never been drilled."""
    stale: str
    """Which plan it was of, when that was another one; else empty."""
    assumed: tuple[str, ...]


@dataclass(frozen=True)
class ExceptionLine:
    gate: str
    until: str
    reason: str


@dataclass(frozen=True)
class Planned:
    """What is known once a plan is frozen."""

    digest: str
    edition: int
    realm: str
    pipeline: str
    pipeline_place: str
    pipeline_version: int
    execution: str
    difference: Difference
    stages: tuple[StageLine, ...]
    exceptions: tuple[ExceptionLine, ...]
    drills: tuple[DrillLine, ...]
    """One for each stage."""


@dataclass(frozen=True)
class ApprovalLine:
    who: str
    said: str
    stage: str
    at: str
    key: str
    used: str


@dataclass(frozen=True)
class TimelineLine:
    at: str
    seq: str
    """The numbers of its entries: `7`, or `8, 9` for what was sent and what came of it."""
    text: str
    entries: int
    """How many entries it tells."""


@dataclass(frozen=True)
class Log:
    """What the journal says."""

    lines: tuple[TimelineLine, ...]
    """What mattered, oldest first."""
    entries: int
    """How many entries there are."""
    left_out: int
    """How many of them no line tells."""
    cut: int
    """How many lines of what mattered are missing in the middle, for there are too many."""
    seq: int
    hash: str
    problems: tuple[str, ...]
    """Why the chain does not hold; empty when it does."""


@dataclass(frozen=True)
class SignedLine:
    """A signed statement, by the digest of its bytes."""

    what: str
    digest: str
    key: str


@dataclass(frozen=True)
class Evidence:
    """What proves the record, and where it is."""

    statements: tuple[SignedLine, ...]
    anchors: tuple[str, ...]
    """Who keeps a head of the journal outside of it; empty while nobody does."""
    tag: str
    """The tag in git that keeps the journal's head once the change is closed."""
    log: str
    """The command that shows the whole journal."""
    verify: tuple[str, ...]
    """The commands that check it all."""


@dataclass(frozen=True)
class NoteLine:
    """Prose that somebody added after the plan was signed."""

    by: str
    at: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class ClosingLine:
    """How the change was closed."""

    by: str
    at: str
    seq: int
    """Number of the entry that carries the digest of the frozen record."""
    outcome: tuple[str, ...]
    """Paragraphs, as are the lessons."""
    lessons: tuple[str, ...]


@dataclass(frozen=True)
class RecordView:
    template: str
    """Name of the template that renders it."""
    id: str
    title: str
    service: str
    """Empty while there is no plan."""
    status: str
    sandbox: bool
    banner: tuple[str, ...]
    """What everybody must know first: broken glasses, and gates opened by exception."""
    requester: str
    ticket: str
    """Empty when there is none."""
    stages: tuple[str, ...]
    planned: Planned | None
    shadows: tuple[ShadowLine, ...]
    extra: tuple[Topic, ...]
    """What the template asks besides."""
    activity: tuple[Topic, ...]
    risk: tuple[Topic, ...]
    services: tuple[Topic, ...]
    worst: tuple[Topic, ...]
    back: tuple[Topic, ...]
    drawn: Drawn
    approvals: tuple[ApprovalLine, ...]
    outcomes: tuple[str, ...]
    log: Log
    evidence: Evidence
    notes: tuple[NoteLine, ...]
    closing: ClosingLine | None
    """None while the change is open."""
