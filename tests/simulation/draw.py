"""From a seed to a scenario: the story, what fails, where the process dies. All of it data."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

from tests.simulation.faults import Fault, Kill, When, draw_faults, draw_when
from tests.simulation.faults_more import draw_more

MORE = {
    "threshold_clean": 0.5,
    "threshold_breach": 1,
    "threshold_blip": 1,
    "threshold_gappy": 0.5,
    "probe_hangs": 0.5,
    "probe_hung": 0.5,
    "compare_clean": 0.3,
    "compare_slower": 0.7,
    "shadow_clean": 0.5,
    "shadow_thick": 0.5,
    "incident": 0.5,
    "reported": 0.5,
    "plugin_critical": 0.5,
    "plugin_warns": 0.5,
    "plugin_unknown": 0.5,
    "http_down": 0.5,
    "smoke_wrong": 0.5,
    "smoke_fails": 0.5,
    "too_late_in_window": 0.5,
    "closes_meanwhile": 0.5,
    "traffic_high": 0.3,
    "traffic_unknown": 0.5,
    "traffic_falls": 0.5,
    "day_off": 0.3,
    "day_comes": 0.5,
    "day_came": 0.3,
    "days_unread": 0.5,
    "calendar_closed": 0.3,
    "calendar_opens": 0.5,
    "calendar_unread": 0.3,
    "rests_on_another": 0.5,
    "conflict_comes": 0.5,
    "others_unread": 0.5,
    "scheduled": 0.5,
    "order_expired": 0.5,
    "observed": 0.3,
    "observed_breach": 0.5,
    "observed_back": 0.5,
    "observed_quick": 0.3,
}
"""Stories of the newer guardrails and gates: what else fails is drawn for them only."""
STORIES = {
    **MORE,
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
    "window_over": 0.5,
    "overtaken": 0.5,
    "red_at_start": 0.5,
    "blip": 1,
    "lease_unknown": 0.5,
    "no_veto": 0.5,
    "no_approval": 1,
    "self_approval": 1,
    "rejected": 1,
    "deploy_fails": 2,
    "no_target": 1,
    "frozen": 1,
    "frozen_at_once": 0.5,
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
    "few_requests": 1,
    "uncounted": 1,
    "alarms_unreadable": 1,
    "endpoint_unreadable": 1,
    "no_requests": 1,
    "content_stays": 1,
    "clock_off": 0.5,
    "edited_and_retried": 1,
    "superseded_between": 1,
    "rolled_back_between": 1,
    "forged": 0.5,
    "borrowed_name": 0.5,
    "tampered": 0.5,
    "other_namespace": 0.5,
    "unsigned": 0.5,
    "not_their_stage": 0.5,
    "other_stage": 0.5,
    "other_change": 0.5,
    "old_trust": 0.5,
    "too_early": 0.5,
    "used_before": 0.5,
    "plan_edited": 0.5,
    "author_approves": 0.5,
    "answered_by_another": 0.5,
    "trust_swapped": 0.5,
    "glass_broken": 0.5,
    "glass_without_role": 0.5,
    "glass_other_stage": 0.5,
    "glass_long_ago": 0.5,
    "glass_unreviewed": 0.5,
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
    lives: bool = False
    """Whether the process only stands still where it would die, for as long."""

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

    def crashless(self) -> "Drawn":
        """Return the scenario without the boundaries at which the process dies."""
        kept = (one for one in self.kept if not isinstance(self.faults[one], Kill))
        return replace(self, kept=tuple(kept))

    def paused(self) -> "Drawn":
        """Return the scenario with pauses in the place of deaths: the same times, no crash."""
        return replace(self, lives=True)

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


def draw_story(seed: int) -> str:
    """Draw the story of a seed, by weight.

    Each story bids for each seed by itself, so a new one takes a seed here and there and
    leaves all others what they were.
    """

    def bid(story: str) -> float:
        digest = hashlib.blake2b(f"{seed} {story}".encode(), digest_size=8).digest()
        return math.log((int.from_bytes(digest) + 1) / 2**64) / STORIES[story]

    return max(STORIES, key=bid)


def draw(seed: int) -> Drawn:
    """Draw the scenario of a seed; the same seed always gives the same one."""
    rng = Random(seed)
    at_reads = rng.random() < 0.2
    faults, story = draw_faults(rng, at_reads=at_reads), draw_story(seed)
    if story in MORE:
        faults += draw_more(Random(f"{seed} more"))
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
