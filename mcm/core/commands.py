"""Commands for people to copy: mcm's, and what does the same with plain `aws`.

Each is one line for a POSIX shell with every word quoted that needs it, because names
come from others. The plain ones are for someone who has no mcm at hand: close the way
in first, then roll back (docs/design.md, Where rollback goes).
"""

import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcm.core.sanitize import transition_reason

if TYPE_CHECKING:
    from mcm.core.place import PipelineId


def rollback(stage: str) -> str:
    """Return the mcm command that rolls `stage` back, from any directory."""
    return shlex.join(["mcm", "rollback", "--stage", stage])


def rollback_of(pipeline: "PipelineId", stage: str, *, sandbox: bool = False) -> str:
    """Return the same for a pipeline that is named, which works where nothing knows it."""
    where = ["--pipeline", pipeline.name, "--region", pipeline.place.region]
    return shlex.join([*shlex.split(rollback(stage)), *where, *(["--sandbox"] if sandbox else [])])


def reopen(stage: str) -> str:
    """Return the command that opens what a rollback of `stage` left closed."""
    return shlex.join(["mcm", "reopen", "--stage", stage])


def approve(change: str, stage: str) -> str:
    """Return the command with which a second person signs one stage of a change."""
    return shlex.join(["mcm", "approve", change, "--stage", stage])


def review(change: str, stage: str) -> str:
    """Return the command with which another person reviews a broken glass."""
    return shlex.join(["mcm", "review", change, "--stage", stage])


def deploy(change: str, stage: str) -> str:
    """Return the command that goes on with a walk."""
    return shlex.join(["mcm", "deploy", change, "--stage", stage])


def abort(change: str, stage: str) -> str:
    """Return the command that gives a stage up where it stands; REASON is to be filled in."""
    return shlex.join(["mcm", "abort", change, "--stage", stage, "--reason", "REASON"])


def veto(change: str, stage: str, *, sandbox: bool = False) -> str:
    """Return the command that vetoes a rollback which counts down; REASON is to be filled in.

    In a sandbox it names whose key signs: there is no other way to tell.
    """
    who = ["--profile", "bob"] if sandbox else []
    return shlex.join(["mcm", "hold", change, "--stage", stage, "--reason", "REASON", *who])


def resume(change: str, stage: str) -> str:
    """Return the command that opens what a person holds: one stage, or with none all."""
    return shlex.join(["mcm", "resume", change, *(["--stage", stage] if stage else [])])


def about(verb: str, change: str) -> str:
    """Return a command that only looks: `mcm log CM-0001`."""
    return shlex.join(["mcm", verb, change])


@dataclass(frozen=True)
class WayOn:
    """What leads on from a closed gate: perhaps something by hand, then commands in order."""

    commands: tuple[str, ...]
    first: str = ""
    """What to do by hand before the commands, as an imperative clause."""
    after: str = ""
    """What the last command does then, as a clause that follows it."""
    instead: str = ""
    """What may be done by hand in place of the commands, as an imperative clause."""

    def text(self, quote: str = "") -> str:
        """Return it on one line, each command between `quote`."""
        steps = [f"{quote}{command}{quote}" for command in self.commands]
        whole = ", then ".join([*([self.first] if self.first else []), *steps])
        return f"{whole}, or {self.instead}" if self.instead else whole

    def sentence(self) -> str:
        """Return it as a hint for people, commands between backticks."""
        run = "" if self.first or self.after else "run "
        after = f" {self.after}" if self.after else ""
        return f"Next: {run}{self.text('`')}{after}."


def release_again(change: str) -> str:
    """Return the way on for an execution that can never be promoted, as one sentence."""
    return _released(change).sentence()


def way_on_from_content(stage: str) -> WayOn:
    """Return the way on after a rollback whose content differs from what was there before."""
    return WayOn((f"{rollback(stage)} --further",), instead="restore by hand what differs")


def way_on(gates: Iterable[tuple[str, str]], change: str, stage: str) -> WayOn:
    """Return the way on from closed gates, each a name and its reason, for one stage.

    Of several the one that goes back furthest counts: who must plan anew need not approve
    before. Codes (`[E_TRUST_CHANGED]`) and a few of our own words in a reason tell ways of
    being closed apart; a reason that nobody knows leads to the same command again.
    """
    ways = [_way(gate, reason, change, stage) for gate, reason in gates]
    return min(ways, key=_how_far_back, default=_again(change, stage))


_NAMES = re.compile(r"[A-Za-z0-9.@_-]+", re.ASCII)
_CODE = re.compile(r"\[(E_[A-Z_]+)\]", re.ASCII)
_BROKEN = re.compile(r"broke the glass of (\S+) for (\S+) at", re.ASCII)
_ASK_AGAIN = frozenset(
    {"E_TRUST_CHANGED", "E_REJECTED", "E_REQUEST_MISMATCH", "E_PLAN_CHANGED", "E_CONSUMED"}
)
_BY_ANOTHER = "is for a second person"
_ORDER = ("plan", "request", "approve")


def _way(gate: str, reason: str, change: str, stage: str) -> WayOn:
    found = _CODE.search(reason)
    code = found[1] if found else ""
    way = None
    if gate == "approval":
        way = _to_approve(code, reason, change, stage)
    elif gate == "answer":
        sign = WayOn((approve(change, stage),), after=_BY_ANOTHER)
        way = _released(change) if "not who signed" in reason else sign
    elif gate == "break-glass":
        found = _BROKEN.search(reason)
        review_it = WayOn((review(found[1], found[2]),), after=_BY_ANOTHER) if found else None
        way = review_it if code == "E_BREAKGLASS_OPEN" else None
    elif gate in ("plan", "out-of-band", "rollback-target"):
        way = _planned_anew(change, stage) if "cannot be read" not in reason else None
    elif gate == "execution":
        way = _to_the_gate(code, reason, change, stage)
    return way or _the_same_again(gate, change, stage)


def _to_approve(code: str, reason: str, change: str, stage: str) -> WayOn | None:
    if code in _ASK_AGAIN or (code == "E_EXPIRED" and reason.startswith("the request")):
        return WayOn((about("request", change), approve(change, stage)))
    if code == "E_NOT_YET" or "cannot be read" in reason:
        return None
    return WayOn((approve(change, stage),), after=_BY_ANOTHER)


def _to_the_gate(code: str, reason: str, change: str, stage: str) -> WayOn | None:
    # Here, because showing how things stand needs this module but no view of a pipeline.
    from mcm.core.pipeline import ENDED_BADLY

    if code == "E_PLAN_CHANGED":
        return _planned_anew(change, stage)
    if "nothing waits any more" in reason or any(
        reason.endswith(f"is {end}") for end in ENDED_BADLY
    ):
        return _released(change)
    waits = "for the approver's own answer" in reason
    return WayOn((approve(change, stage),), after=_BY_ANOTHER) if waits else None


def _the_same_again(gate: str, change: str, stage: str) -> WayOn:
    again = deploy(change, stage)
    if gate == "window" or gate.startswith("freeze"):
        return WayOn((again,), after="goes on once it opens; with `--wait` it waits")
    if gate == "schedule":
        return WayOn((f"{again} --at now",), after="wants it at once; other times go, too")
    if gate == "identity":
        return WayOn((f"{again} --profile NAME",), after="goes on with the planned credentials")
    if gate == "clock":
        return WayOn((again,), first="set this machine's clock right")
    if gate == "person":
        return WayOn((resume(change, ""),), after="lets it go on")
    if gate in ("stage", "bake"):
        return WayOn((again,), after=f"goes on watching; `{rollback(stage)}` goes back")
    return _again(change, stage)


def _planned_anew(change: str, stage: str) -> WayOn:
    return WayOn((about("plan", change), about("request", change), approve(change, stage)))


def _released(change: str) -> WayOn:
    return WayOn((about("plan", change),), first="release the change again")


def _again(change: str, stage: str) -> WayOn:
    return WayOn((deploy(change, stage),), after="goes on from here; `mcm status` shows every gate")


def _how_far_back(way: WayOn) -> int:
    verb = shlex.split(way.commands[0])[1]
    return _ORDER.index(verb) if verb in _ORDER else len(_ORDER)


def aws_answer(pipeline: "PipelineId", pipeline_stage: str, action: str) -> str:
    """Return the plain `aws` line that approves what waits at an action.

    The token is read in the same step: it is never printed (AWS-RULES 13).
    """
    where = [pipeline.name, "--region", pipeline.place.region]
    found = f"[?stageName=='{pipeline_stage}'].actionStates[]|[?actionName=='{action}']"
    query = f"stageStates{found}.latestExecution.token"
    # Double quotes are far easier to read; AWS's own names need nothing else.
    quoted = f'"{query}"' if _NAMES.fullmatch(pipeline_stage + action) else shlex.quote(query)
    state = shlex.join(["aws", "codepipeline", "get-pipeline-state", "--name", *where])
    token = f"{state} --query {quoted} --output text"
    at = ["--stage-name", pipeline_stage, "--action-name", action]
    say = ["--result", "status=Approved,summary=rollback"]
    put = ["aws", "codepipeline", "put-approval-result", "--pipeline-name", *where, *at, *say]
    return f'{shlex.join(put)} --token "$({token})"'


def aws_rollback(pipeline: "PipelineId", pipeline_stage: str, target: str) -> tuple[str, ...]:
    """Return the plain `aws` lines that do what `mcm rollback` does, in order.

    Without a `target` only the line that closes the way in: where to go back to must not
    be guessed. The account is whoever's credentials the shell holds.
    """
    place = ["--region", pipeline.place.region]
    where = ["--pipeline-name", pipeline.name, "--stage-name", pipeline_stage]
    reason = transition_reason(f"rolling back {pipeline_stage}")
    close = ["disable-stage-transition", *where, "--transition-type", "Inbound"]
    lines = [["aws", "codepipeline", *close, "--reason", reason, *place]]
    if target:
        back = ["rollback-stage", *where, "--target-pipeline-execution-id", target]
        lines.append(["aws", "codepipeline", *back, *place])
    return tuple(shlex.join(line) for line in lines)


def aws_reopen(pipeline: "PipelineId", pipeline_stage: str) -> str:
    """Return the plain `aws` line that opens the way in again after a rollback."""
    where = ["--pipeline-name", pipeline.name, "--stage-name", pipeline_stage]
    enable = ["aws", "codepipeline", "enable-stage-transition", *where]
    return shlex.join([*enable, "--transition-type", "Inbound", "--region", pipeline.place.region])
