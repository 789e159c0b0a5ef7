"""What became of an instruction, as far as its performer can know."""

from dataclasses import dataclass
from enum import StrEnum


class Result(StrEnum):
    """How a performed instruction ended, as far as the performer can know."""

    DONE = "done"
    REFUSED = "refused"
    """AWS said no; nothing happened."""
    NOT_SENT = "not_sent"
    """What the instruction expects no longer holds (or could not be read)."""
    IN_DOUBT = "in_doubt"
    """It may have happened: only looking settles it (AWS-RULES 2, 5)."""


@dataclass(frozen=True)
class Outcome:
    """What became of one instruction."""

    result: Result
    detail: str
    """One clause for people; AWS's words, cleaned, where AWS refused."""
    code: str = ""
    """AWS's error code where there is one."""
    execution: str = ""
    """The execution that RollBackStage started."""
