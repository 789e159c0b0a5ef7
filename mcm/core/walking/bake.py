"""The bake: time *and* samples *and* every guardrail, or it goes on; never by default."""

from datetime import datetime, timedelta

from mcm.core.duration import spell_wait
from mcm.core.errors import Exit
from mcm.core.history.turn import Done, Hold, Wait
from mcm.core.plans.plan import StagePlan
from mcm.core.verdict import Kind, Verdict, worst


def judge_bake(
    stage: StagePlan,
    since: datetime,
    samples: int | None,
    verdicts: tuple[Verdict, ...],
    now: datetime,
    poll: timedelta,
    first: datetime | None = None,
) -> Wait | Hold | Done:
    """Say whether the bake that began at `since` is over.

    Too few samples, or a guardrail that does not pass, extend it up to the bake's limit;
    then a person is asked (AWS-RULES 20). `samples` is None when traffic is unknown.
    `first` is when the first bake began, where a guardrail that could not be asked began it
    again since: the limit counts from there, and past it such a guardrail is not waited for.
    """
    ends, limit = since + stage.bake.lasts, (first or since) + stage.bake.limit
    unasked = worst(verdicts) is Kind.ERROR
    if now < ends and not (unasked and now >= limit):
        return Wait(min(ends, now + poll), f"baking, {spell_wait(ends - now)} left")
    lacking = _lacking(stage, samples, verdicts)
    if not lacking:
        took = spell_wait(now - since)
        seen = f", {samples} requests" if samples is not None else ""
        return Done(Exit.DONE, f"baked {took}{seen}, {len(verdicts)} guardrails pass")
    reason = "; ".join(lacking)
    if now < limit:
        return Wait(now + poll, f"bake extended: {reason}")
    blind = unasked or (samples is None and stage.bake.min_samples > 0)
    return Hold("bake", reason, None, Exit.BLIND if blind else Exit.INCONCLUSIVE)


def _lacking(stage: StagePlan, samples: int | None, verdicts: tuple[Verdict, ...]) -> list[str]:
    lacking = [f"{v.check}: {v.reason}" for v in verdicts if v.kind is not Kind.PASS]
    wanted = stage.bake.min_samples
    if wanted > 0 and samples is None:
        lacking.append("requests cannot be counted")
    elif samples is not None and samples < wanted:
        lacking.append(f"{samples} of {wanted} requests seen")
    return lacking
