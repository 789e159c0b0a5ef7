"""By which way calls reach AWS: the direct one, or what mcm.yaml names, and no other.

botocore follows proxies and certificates of the environment. A proxy sees no more than
which host is called, and can hold that up; whoever brings certificates can be AWS. So
going forward takes both from mcm.yaml, which the repository reviews, and a variable that
says otherwise is refused as a sign that someone expects something else (threat 31).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mcm.core.errors import RefusedError
from mcm.core.network import Network

if TYPE_CHECKING:
    from botocore.session import Session

PROXIES = ("HTTPS_PROXY", "https_proxy")
CERTIFICATES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""`SSL_CERT_FILE` and its kin are not among them: botocore does not look at those."""

_HOST = "codepipeline.us-east-1.amazonaws.com"


def detours(environ: Mapping[str, str], allowed: Network) -> list[str]:
    """Return the names of the variables that send AWS calls another way than allowed."""
    proxies = [
        name
        for name in PROXIES
        if environ.get(name) and not _same_proxy(environ[name], allowed.proxy)
    ]
    if proxies and _passed_over(environ):
        proxies = []
    certificates = [
        name for name in CERTIFICATES if environ.get(name) not in (None, "", allowed.ca_bundle)
    ]
    return sorted(proxies + certificates)


def refuse_detours(environ: Mapping[str, str], allowed: Network) -> None:
    """Raise RefusedError(E_ENDPOINT_OVERRIDE) if a variable sends AWS calls another way."""
    names = detours(environ, allowed)
    if not names:
        return
    keys = []
    if any(name in PROXIES for name in names):
        keys.append("`proxy: URL`")
    if any(name in CERTIFICATES for name in names):
        keys.append("`ca_bundle: FILE`")
    raise RefusedError(
        "E_ENDPOINT_OVERRIDE",
        f"AWS calls would go by {', '.join(names)}, which mcm.yaml does not allow",
        hint=f"Run `unset {' '.join(names)}`, or have {' and '.join(keys)} in mcm.yaml reviewed.",
    )


def take_route(session: "Session", allowed: Network, *, only: bool) -> dict[str, Any]:
    """Set the certificates of a session; return the settings of its clients for the way.

    With `only` no other way than the allowed one is taken, whatever is configured:
    RefusedError(E_ENDPOINT_OVERRIDE) for certificates of the AWS profile. Without it, for
    a rollback, what mcm.yaml does not say is left to botocore.
    """
    if only:
        _refuse_configured(session, allowed)
    if only or allowed.ca_bundle:
        session.set_config_variable("ca_bundle", allowed.ca_bundle or True)
    if only or allowed.proxy:
        return {"proxies": {"https": allowed.proxy} if allowed.proxy else {}}
    return {}


def _refuse_configured(session: "Session", allowed: Network) -> None:
    from botocore.exceptions import BotoCoreError

    try:
        found = session.get_config_variable("ca_bundle")
    except BotoCoreError:
        return  # a profile that is not there; its first call says so
    if found and found != allowed.ca_bundle:
        raise RefusedError(
            "E_ENDPOINT_OVERRIDE",
            "AWS calls would trust the ca_bundle of the AWS configuration, which mcm.yaml does"
            " not allow",
            hint="Take `ca_bundle` out of ~/.aws/config, or have `ca_bundle: FILE` in mcm.yaml"
            " reviewed.",
        )


def _same_proxy(one: str, other: str) -> bool:
    return bool(other) and one.rstrip("/") == other.rstrip("/")


def _passed_over(environ: Mapping[str, str]) -> bool:
    """Say whether no_proxy takes AWS out: then the proxy is for others."""
    spared = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    names = [name.strip().lstrip(".").lower() for name in spared.split(",")]
    return any(name == "*" or (name and f".{_HOST}".endswith(f".{name}")) for name in names)
