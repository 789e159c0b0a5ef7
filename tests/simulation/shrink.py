"""Making a failing seed small: leaving out what it drew, piece by piece, while it still fails."""

from dataclasses import replace

from tests.simulation.draw import Drawn
from tests.simulation.invariants import play


def parts(drawn: Drawn) -> list[str]:
    """Name what can be left out of a scenario: `t0` a trouble, `l0` a lag, `k0` a kill, `disk`."""
    names = [f"t{n}" for n in range(len(drawn.troubles))]
    names += [f"l{n}" for n in range(len(drawn.lags))]
    names += [f"k{n}" for n in range(len(drawn.kills))]
    return names + (["disk"] if drawn.disk_full else [])


def keep(drawn: Drawn, names: list[str]) -> Drawn:
    """Return the scenario with these parts only; raise ValueError for a part it has not."""
    unknown = sorted(set(names) - set(parts(drawn)))
    if unknown:
        known = ", ".join(parts(drawn)) or "none"
        raise ValueError(f"seed {drawn.seed} has no part {', '.join(unknown)}: it has {known}")
    kills = [n for n in range(len(drawn.kills)) if f"k{n}" in names]
    return replace(
        drawn,
        troubles=tuple(t for n, t in enumerate(drawn.troubles) if f"t{n}" in names),
        lags=tuple(lag for n, lag in enumerate(drawn.lags) if f"l{n}" in names),
        kills=tuple(drawn.kills[n] for n in kills),
        down=tuple(drawn.down[n] for n in kills),
        disk_full=drawn.disk_full if "disk" in names else None,
    )


def shrink(drawn: Drawn) -> list[str]:
    """Return the parts without any of which the scenario no longer breaks the same invariant."""
    wanted = _which(drawn)
    left = parts(drawn)
    for name in parts(drawn):
        fewer = [other for other in left if other != name]
        if _which(keep(drawn, fewer)) == wanted:
            left = fewer
    return left


def _which(drawn: Drawn) -> str:
    """Return the invariant that is broken first, by its number; empty for none."""
    problems = play(drawn).problems
    return problems[0].partition(":")[0] if problems else ""
