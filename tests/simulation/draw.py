"""From a seed to a scenario: the story, what fails, where the process dies. All of it data."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from tests.simulation.faults import Fault, When, draw_faults, draw_when

STORIES = {
    "clean": 3,
    "breach": 6,
    "late_breach": 1,
    "slow_breach": 3,
    "silent_rollback": 2,
    "superseded": 2,
    "edited": 2,
    "edited_breach": 2,
    "out_of_band": 2,
    "closed_by_others": 1,
    "stopped_by_others": 1,
    "foreign_rollback": 2,
    "breach_and_foreign_rollback": 4,
    "breach_and_oncall": 2,
    "after_rollback": 3,
    "alarm_deleted": 2,
    "alarm_missing": 1,
    "window_closing": 1,
    "no_approval": 1,
    "self_approval": 1,
    "rejected": 1,
    "deploy_fails": 2,
    "no_target": 1,
    "frozen": 1,
    "oncall": 4,
    "oncall_beside": 3,
    "auto_rollback": 2,
    "breach_and_auto_rollback": 3,
    "update_fails": 1,
    "update_rollback_fails": 1,
    "stuck": 1,
    "stuck_breach": 2,
    "late_approval": 2,
    "approved_twice": 1,
    "second_person": 1,
    "approved_another_plan": 1,
    "approval_expires": 1,
    "rejected_late": 1,
    "held": 1,
    "held_for_a_while": 1,
    "aborted": 2,
    "breach_and_abort": 2,
    "retried": 2,
    "breach_and_veto": 3,
}
"""What happens, and how often it is drawn."""
SLOW = ("slow_breach", "breach_and_auto_rollback", "stuck_breach")


@dataclass(frozen=True)
class Drawn:
    """Everything that one seed decides."""

    seed: int
    story: str
    deed: When
    """When the story's deed of others or of nature happens."""
    faults: tuple[Fault, ...]
    kept: tuple[int, ...]
    """The numbers of the faults that are played: all of them, unless some were dropped."""
    kills_at_reads: bool
    passes: bool
    """Whether a ROLLBACK passes a disabled transition."""
    abandon: bool
    patience: timedelta
    ticks: bool
    """Whether ticks turn the walk, instead of a command that stays."""

    def __str__(self) -> str:
        lines = [f"seed {self.seed}: {self.story}, its deed {self.deed}"]
        lines += [f"  {number}. {self.faults[number]}" for number in self.kept]
        lines.append(f"  a ROLLBACK passes a closed transition: {self.passes}")
        lines.append(f"  dies at reads too: {self.kills_at_reads}; turned by ticks: {self.ticks}")
        lines.append(f"  patience {self.patience}; abandons what does not stop: {self.abandon}")
        return "\n".join(lines)

    @property
    def is_slow(self) -> bool:
        """Whether an update takes ten minutes instead of one and a half."""
        return self.story in SLOW

    def played(self) -> Iterator[Fault]:
        """Yield the faults that are kept."""
        return (self.faults[number] for number in self.kept)

    def without(self, number: int) -> "Drawn":
        """Return the scenario with one fault less."""
        return replace(self, kept=tuple(one for one in self.kept if one != number))

    @property
    def replay(self) -> str:
        """The command that plays it again."""
        if len(self.kept) == len(self.faults):
            return f"make simulate SEED={self.seed}"
        return f"make simulate SEED={self.seed} KEEP={','.join(map(str, self.kept)) or 'none'}"


def keep(drawn: Drawn, named: str | None) -> Drawn:
    """Return the scenario with only the faults in `named`, such as `0,2` or `none`.

    None keeps all. Raises ValueError for a fault that it does not have.
    """
    if named is None:
        return drawn
    wanted = {int(number) for number in named.split(",")} if named != "none" else set()
    if not wanted <= set(drawn.kept):
        raise ValueError(f"seed {drawn.seed} has the faults {drawn.kept}, not {named}")
    return replace(drawn, kept=tuple(sorted(wanted)))


def draw(seed: int) -> Drawn:
    """Draw the scenario of a seed; the same seed always gives the same one."""
    rng = Random(seed)
    story = rng.choices(list(STORIES), weights=list(STORIES.values()))[0]
    at_reads = rng.random() < 0.2
    faults = draw_faults(rng, at_reads=at_reads)
    return Drawn(
        seed=seed,
        story=story,
        deed=draw_when(rng, 1500 if rng.random() < 0.5 else 120),
        faults=faults,
        kept=tuple(range(len(faults))),
        kills_at_reads=at_reads,
        passes=rng.random() < 0.5,
        abandon=rng.random() < 0.5,
        patience=timedelta(minutes=rng.choice((0, 0, 0, 0, 20, 45))),
        ticks=rng.random() < 0.2,
    )
