"""What `mcm lint` finds, and the rules by which it does: each has a stable name and its why.

The names are what people silence, count and link to, so they do not change; the page
docs/lint-rules.md is made from this table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mcm.config.problems import Place


class Level(StrEnum):
    """How much a finding weighs; spelled as SARIF does."""

    ERROR = "error"
    """The change cannot go on so, or the record would say less than it must."""
    WARNING = "warning"
    """Somebody should look; nothing stops."""


@dataclass(frozen=True)
class Rule:
    id: str
    level: Level
    about: str
    """What it looks for, in one sentence."""
    why: str
    """Why that matters, and what to do."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where it stands, and what to write."""

    rule: str
    file: str
    line: int
    column: int
    message: str
    """What is wrong, lower case and without a full stop."""
    hint: str = ""
    """What to do, as a sentence; empty where the message says it."""
    write: str = ""
    """Lines to paste; empty where nobody but the author can know them."""

    @property
    def level(self) -> Level:
        return BY_ID[self.rule].level


def at(spot: Place, rule: str, message: str, hint: str = "", write: str = "") -> Finding:
    """Return a finding at a place."""
    return Finding(rule, spot.file, spot.line, spot.column, message, hint, write)


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings file after file in the order met, each from its top, none twice."""
    known = tuple(dict.fromkeys(found))
    files = list(dict.fromkeys(each.file for each in known))
    return tuple(sorted(known, key=lambda f: (files.index(f.file), f.line, f.column)))


def count(found: Sequence[Finding], level: Level) -> int:
    """Return how many findings have this level."""
    return sum(each.level is level for each in found)


RULES: tuple[Rule, ...] = (
    Rule(
        "config",
        Level.ERROR,
        "A file is no YAML of mcm's, or a key or value in it is not one that mcm reads.",
        "mcm does not guess what an unknown key was meant to be: it refuses the file, and every"
        " mistake in it is told at once. A rollback works with a broken file, too.",
    ),
    Rule(
        "change-id",
        Level.ERROR,
        "A folder of changes/ and the id of the change in it do not agree, or cannot be an id.",
        "The id names folder, journal, tag and signatures. Give folder and change one id of"
        " letters, digits, `-`, `_` and single dots, which differs from others by more than case.",
    ),
    Rule(
        "unanswered",
        Level.ERROR,
        "A question of the record has no answer, or one that only keeps its place.",
        "Somebody approves by what the record says, and somebody reads it at night. Answer in"
        " change.yaml, or in mcm.yaml where the answer is the same each time. `no` is an answer;"
        " where it needs a reason, the reason follows it.",
    ),
    Rule(
        "left-open",
        Level.WARNING,
        "A comment says that something is still to be done.",
        "`mcm init` marks what it had to guess. Look at the line, mend it or keep it, and take"
        " the mark away.",
    ),
    Rule(
        "requester",
        Level.ERROR,
        "The requester is not in the trust file, or may not request.",
        "Only somebody with the role `requester` can sign the request. Name one of them, or let"
        " the trust file be changed by those who may.",
    ),
    Rule(
        "approver",
        Level.ERROR,
        "Too few people besides the requester may approve a stage.",
        "It takes two humans, counted as persons. Add an approver with a key to .mcm/trust.yml,"
        " or let somebody else request the change.",
    ),
    Rule(
        "stage-window",
        Level.ERROR,
        "A production stage has no window, or one that never opens again.",
        "Without a window a production stage is closed for ever: nobody said when it may be"
        " touched. `mcm windows suggest` finds a quiet one.",
    ),
    Rule(
        "bake-window",
        Level.ERROR,
        "No opening of a stage's window holds its bake and the way back after it.",
        "A promotion that starts too late in a window would bake, or go back, outside of it; so"
        " it does not start. Make the window longer, or the bake or the reserve shorter.",
    ),
    Rule(
        "stage-target",
        Level.ERROR,
        "A planned stage has no execution to go back to, and no exception says that this is known.",
        "The gate `rollback-target` stays closed. Let an older build succeed in the stage first, or"
        " sign an exception that says how one would get back.",
    ),
    Rule(
        "guardrail-threshold",
        Level.ERROR,
        "A guardrail has no bound, so nothing could break it.",
        "Write `above:` or `below:` with the unit of the metric.",
    ),
    Rule(
        "nothing-rolls-back",
        Level.WARNING,
        "All guardrails of a production stage hold, so no breach rolls back by itself.",
        "At night somebody has to be woken first. Let at least one say `on_breach: roll_back`.",
    ),
    Rule(
        "threshold-cannot-fire",
        Level.ERROR,
        "A threshold can never be crossed, or not before the bake is over.",
        "Such a guardrail is green whatever happens: an average of 0 and 1 that should be above 1,"
        " a bound below 0 on a count, more periods than the bake has, a metric without data.",
    ),
    Rule(
        "threshold-unit",
        Level.ERROR,
        "A threshold is in another unit than AWS gives the metric in.",
        "SageMaker's ModelLatency and OverheadLatency are in microseconds: say `unit: us` and"
        " write the bound as you think of it, such as `above: 250 ms`.",
    ),
    Rule(
        "alarm-missing",
        Level.ERROR,
        "An alarm that a guardrail names is not there (found with --aws).",
        "What cannot be read closes the gate `check`. Mend the name, or create the alarm.",
    ),
    Rule(
        "alarm-silent",
        Level.WARNING,
        "An alarm has no data now, or nobody would hear it (found with --aws).",
        "INSUFFICIENT_DATA holds every bake. Name an alarm that only counts errors in"
        " `silent_ok`; look at the others.",
    ),
    Rule(
        "bake-samples",
        Level.ERROR,
        "The requests that a bake waits for cannot come in its time.",
        "Few requests prove little, and a quiet hour has few: the bake would hold for a person at"
        " its limit. Ask for fewer samples, or let it bake longer. The traffic is read with --aws.",
    ),
    Rule(
        "prerequisites",
        Level.WARNING,
        "A change that must come first is not closed.",
        "`depends_on` or the answer to `prerequisites` names it. The gate `depends` waits for the"
        " former; for both, bring it to its end and close it.",
    ),
    Rule(
        "dependents",
        Level.WARNING,
        "Those who depend on the service do not know of the change.",
        "The answer to `dependents` says so. Tell them, and write down who and when.",
    ),
)
BY_ID = {rule.id: rule for rule in RULES}
