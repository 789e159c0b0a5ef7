"""By which way AWS is reached; every command that connects needs it, and no more of a service."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """By which way AWS is reached, where it is not the direct one."""

    proxy: str = ""
    """URL of the proxy for calls to AWS; empty for none."""
    ca_bundle: str = ""
    """File of the certificates that are trusted instead of the usual ones; empty for those."""


DIRECT = Network()
