"""Connections to AWS or the sandbox: one port for each place, and by which way it goes."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mcm.cli.lines import say
from mcm.core.network import Network

if TYPE_CHECKING:
    from mcm.aws.clients import BotoPort
    from mcm.aws.port import Port
    from mcm.core.plans.service import Access
    from mcm.core.query import Place
    from mcm.sandbox.process import Sandbox

OPERATOR = "alice"
"""Whose credentials the sandbox's commands use when no profile is named."""

NOTHING = Network()


def _look_for_redirection(network: Network, *, going_back: bool) -> None:
    """Refuse, or tell a rollback: at once and aloud, not as an unknown reading."""
    from mcm.aws.route import detours, refuse_detours
    from mcm.aws.session import redirections, refuse_redirection

    if not going_back:
        refuse_redirection(os.environ)
        refuse_detours(os.environ, network)
        return
    if names := redirections(os.environ):
        say(f"warning: {', '.join(names)} is set and not followed: this goes to AWS itself")
    if names := detours(os.environ, network):
        say(f"warning: {', '.join(names)} is set and followed: look whose it is")


class Connections:
    """Ports by place and profile, each made once; `access` says whose credentials they use.

    Variables that redirect AWS are refused, as E_ENDPOINT_OVERRIDE. No port follows them
    in any case, so `going_back` is told of them on stderr and goes on (promise 1). So are
    proxies and certificates that `network`, from mcm.yaml, does not name; `going_back`
    follows those, since it may have no other way. With `looks_only` no write is sent.
    """

    def __init__(
        self,
        sandbox: "Sandbox | None",
        access: "Mapping[Place, Access]",
        profile: str | None,
        *,
        going_back: bool = False,
        network: Network = NOTHING,
        looks_only: bool = False,
    ) -> None:
        if sandbox is None:
            _look_for_redirection(network, going_back=going_back)
        self._network = network
        self._looks_only = looks_only
        self._going_back = going_back
        self._sandbox = sandbox
        self._access = access
        self._profile = profile
        self._made: dict[Place, BotoPort] = {}

    @property
    def in_sandbox(self) -> bool:
        """Whether every port leads to the sandbox."""
        return self._sandbox is not None

    def __call__(self, place: "Place") -> "Port":
        """Return the port for `place`; one that sends no write where mcm only observes."""
        port = self._port(place)
        if not self._looks_only:
            return port
        from mcm.aws.looking import Denials, Looking

        return Looking(port, place, Denials(), "mcm.yaml says `mode: observe`")

    def ahead(self, place: "Place") -> "Port":
        """Return a port for `place` that waits for nobody else's reads: for what goes back."""
        return self._port(place).unpaced()

    def _port(self, place: "Place") -> "BotoPort":
        if place not in self._made:
            self._made[place] = self._connect(place)
        return self._made[place]

    def address(self, place: "Place") -> str:
        """Return where CodePipeline's calls for `place` go, for people to see."""
        port = self._port(place)
        return port.address("codepipeline")

    def _connect(self, place: "Place") -> "BotoPort":
        from mcm.aws.session import connect

        if self._sandbox is not None:
            return connect(
                place.region,
                profile=self._profile or OPERATOR,
                endpoint_url=self._sandbox.endpoint_url,
                credentials_file=self._sandbox.credentials_file,
            )
        access = self._access.get(place)
        named = self._profile is not None or access is None
        return connect(
            place.region,
            account=place.account,
            profile=self._profile if named or access is None else access.profile or None,
            role_arn=None if named or access is None else access.role_arn or None,
            ignore_redirection=self._going_back,
            network=self._network,
        )
