"""A project whose mcm.yaml cannot be used, while something of it is out there.

The plans say all that a stage under watch needs, so it stays watched, and goes back on a
breach. Nothing more is promoted, for what else the file says now nobody knows. How to get
to an account is in no plan: the credentials at hand must be of each planned account.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mcm.cli.lines import say
from mcm.core.errors import BlindError, McmError
from mcm.core.plans.plan import Plan
from mcm.core.plans.service import Access, Channel, Service
from mcm.core.sanitize import clean

if TYPE_CHECKING:
    from mcm.cli.compose import Project


def stand_in(project: "Project", find_plans: Callable[[], Sequence[Plan]]) -> McmError | None:
    """Let `project` go by plans where mcm.yaml cannot be used; return why nothing is promoted.

    None while the file is as it must be; then `find_plans` is not asked. Raises what is
    wrong with the file where there is no plan to go by, and BlindError where the
    credentials are those of other accounts.
    """
    try:
        project.service  # noqa: B018 - it is read here
    except McmError as err:
        plans = find_plans()
        if len({each.realm for each in plans}) != 1:
            raise
        why = str(err).splitlines()[0]
        say(f"warning: mcm.yaml cannot be used: {clean(why, 400)}")
        channels = _channels(project)
        told = "" if channels else ", nobody is notified"
        say(f"The signed plan is gone by instead: nothing more is promoted{told}.")
        say("Mend the file, then run `mcm lint`.")
        project.service = _from_plan(plans[0], channels)
        _check_accounts(project, plans)
        return err
    return None


def _channels(project: "Project") -> tuple[Channel, ...]:
    """Return who is to be told, as far as the file can still be read: no plan has it."""
    from mcm.cli.folder import CONFIG
    from mcm.config.service_file import load_channels

    try:
        return load_channels((project.root / CONFIG).read_bytes(), CONFIG)
    except (McmError, OSError):
        return ()


def _from_plan(plan: Plan, channels: tuple[Channel, ...]) -> Service:
    from mcm.cli.compose import say_sandbox
    from mcm.core.trust.statement import is_sandbox

    sandbox = is_sandbox(plan.realm)
    if sandbox:
        say_sandbox()
    return Service(
        name=plan.service,
        sandbox=sandbox,
        pipeline=plan.pipeline,
        access=Access("", ""),
        poll=plan.poll,
        settle=plan.settle,
        notify=channels,
        windows=(),
        freezes=(),
        stages=(),
        answers={},
    )


def _check_accounts(project: "Project", plans: Sequence[Plan]) -> None:
    """Raise BlindError unless the credentials at hand are of every account of the plans.

    An alarm of the same name in another account would be taken for the one that is meant.
    """
    from mcm.app.planning import PATIENCE
    from mcm.core.pipeline import Identity
    from mcm.core.query import IdentityQuery

    places = {each.place for plan in plans for each in plan.stages}
    queries = {IdentityQuery(place) for place in places | {each.pipeline.place for each in plans}}
    readings = project.observer.observe(queries, PATIENCE)
    for query in sorted(queries, key=lambda each: each.place.account):
        found = readings.known(query, Identity)
        if found is None or found.account != query.place.account:
            seen = found.account if found else f"unknown ({readings.why_unknown(query)})"
            raise BlindError(
                f"nobody watches: mcm.yaml says how to get to {query.place.account} and cannot"
                f" be used; the account of the credentials at hand is {seen}",
                hint="Mend mcm.yaml (`mcm lint`), or name other credentials with --profile.",
            )
