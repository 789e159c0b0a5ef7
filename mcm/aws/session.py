"""Where a port's identity and endpoint come from.

Two worlds and no path between them. On AWS the endpoint is botocore's own choice, and a
setting that would redirect it is a reason to stop (docs/security-design.md threat 30). In
the sandbox the endpoint is a loopback address (threat 33) and the credentials come from
the sandbox's own file, never from the environment.
"""

import os
import re
from collections.abc import Mapping
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mcm.aws.clients import BotoPort, Limits, client_config
from mcm.aws.pace import pace_of
from mcm.aws.route import detours, refuse_detours, take_route
from mcm.core.errors import RefusedError, UsageError
from mcm.core.network import Network

if TYPE_CHECKING:
    from botocore.session import Session


_DIRECT = Network()


def connect(
    region: str,
    *,
    account: str = "",
    profile: str | None = None,
    role_arn: str | None = None,
    endpoint_url: str | None = None,
    credentials_file: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    environ: Mapping[str, str] = os.environ,
    ignore_redirection: bool = False,
    network: Network = _DIRECT,
) -> BotoPort:
    """Return a port for `region`; nothing is sent before its first call.

    Ports to one `account` and region share the pace of their reads, whoever made them.
    Without `endpoint_url` the port talks to AWS, as `profile` (or botocore's default chain)
    and, with `role_arn`, as that role. With it the port talks to the sandbox there, as
    `profile` of `credentials_file`; both are then needed. `environ` is only looked at for
    settings that redirect AWS. No client follows those; they are refused as a sign that
    someone expects otherwise, unless `ignore_redirection`, for a rollback, goes on. Proxies
    and certificates are those of `network`; a rollback follows the environment's as well.

    Raises RefusedError(E_ENDPOINT_OVERRIDE) when AWS_ENDPOINT_URL… or another way is set,
    RefusedError(E_REALM) for a sandbox anywhere but on this machine, and UsageError when
    the sandbox's credentials are not there.
    """
    limits = limits or Limits()
    if endpoint_url is None:
        if not ignore_redirection:
            refuse_redirection(environ)
            refuse_detours(environ, network)
        followed = ignore_redirection and bool(detours(environ, network))
        way = _DIRECT if followed else network
        session = _aws_session(profile, limits, way, only=not ignore_redirection)
    else:
        require_loopback(endpoint_url)
        session = _sandbox_session(profile, credentials_file, limits)
    if role_arn is not None:
        _assume(session, region, role_arn, endpoint_url)
    # The sandbox is ours alone, and a rollback waits for nothing.
    paced = endpoint_url is None and not ignore_redirection
    pace = pace_of(account, region) if paced else None
    return BotoPort(session, region, endpoint_url=endpoint_url, limits=limits, pace=pace)


def default_region(profile: str | None, environ: Mapping[str, str] = os.environ) -> str:
    """Return the region that nobody had to name; empty when none is configured.

    AWS_REGION first, as the `aws` command does; then whatever botocore goes by, which is
    AWS_DEFAULT_REGION and the profile. A profile that does not exist gives none.
    """
    from botocore.exceptions import BotoCoreError

    if given := environ.get("AWS_REGION"):
        return given
    try:
        return str(_session(profile).get_config_variable("region") or "")
    except BotoCoreError:
        return ""


def redirections(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that would send AWS calls elsewhere, sorted."""
    return sorted(name for name in environ if name.upper().startswith("AWS_ENDPOINT_URL"))


def refuse_redirection(environ: Mapping[str, str]) -> None:
    """Raise RefusedError(E_ENDPOINT_OVERRIDE) if a variable sends AWS calls elsewhere."""
    names = redirections(environ)
    if names:
        raise RefusedError(
            "E_ENDPOINT_OVERRIDE",
            f"AWS calls would be redirected: {', '.join(names)} is set",
            hint=f"Run `unset {' '.join(names)}`, or use --sandbox to talk to the sandbox.",
        )


def require_loopback(endpoint_url: str) -> None:
    """Raise RefusedError(E_REALM) unless the URL is http://127.0.0.1:PORT or http://[::1]:PORT."""
    try:
        parts = urlsplit(endpoint_url)
        fine = (
            parts.scheme == "http"
            and parts.netloc in (f"127.0.0.1:{parts.port}", f"[::1]:{parts.port}")
            and parts.path in ("", "/")
            and not parts.query
            and not parts.fragment
        )
    except ValueError:
        fine = False
    if not fine:
        raise RefusedError(
            "E_REALM",
            "the sandbox endpoint is not on this machine: only http://127.0.0.1:PORT is accepted",
            hint="Run `mcm sandbox status` to see the endpoint of your sandbox.",
        )


def _aws_session(profile: str | None, limits: Limits, network: Network, *, only: bool) -> "Session":
    from botocore.config import Config

    session = _session(profile)
    way = Config(**take_route(session, network, only=only))
    # Also for the clients that credential providers make for themselves (STS, SSO).
    common = client_config(limits, read=True, local=False).merge(way)
    session.set_default_client_config(common)
    return session


def _sandbox_session(
    profile: str | None, credentials_file: str | os.PathLike[str] | None, limits: Limits
) -> "Session":
    from botocore.credentials import Credentials

    keys = _profile_keys(profile, credentials_file)
    session = _session(None)
    for name, value in (
        ("profile", profile),
        ("config_file", os.devnull),
        ("credentials_file", str(credentials_file)),
    ):
        session.set_config_variable(name, value)
    session.set_default_client_config(client_config(limits, read=True, local=True))
    _use(session, Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"]))
    return session


def _profile_keys(
    profile: str | None, credentials_file: str | os.PathLike[str] | None
) -> Mapping[str, str]:
    from botocore.configloader import raw_config_parse
    from botocore.exceptions import BotoCoreError

    if profile is None or credentials_file is None:
        raise UsageError("the sandbox needs a profile and its own credentials file")
    try:
        keys: Mapping[str, str] = raw_config_parse(str(credentials_file)).get(profile, {})
    except BotoCoreError as err:
        raise UsageError(
            f"the sandbox's credentials cannot be read: {err}", hint="Run `mcm sandbox up`."
        ) from err
    if not {"aws_access_key_id", "aws_secret_access_key"} <= set(keys):
        raise UsageError(
            f"the sandbox's credentials have no profile {profile!r}",
            hint="Run `mcm sandbox status` to see who there is.",
        )
    return keys


def _session(profile: str | None) -> "Session":
    from botocore.session import Session

    session = Session(profile=profile)
    session.register_component("data_loader", _builtin_models())
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_utc)
    return session


@cache
def _builtin_models() -> Any:
    """Return a loader of the models that came with botocore, and of no others.

    Endpoints are computed from these files: AWS_DATA_PATH or ~/.aws/models could redirect
    calls with a file of their own. Services are listed by their folders alone; botocore
    looks for files in each of some 440, a third of the time of the first client. All
    ports share it, so a model is parsed once however many regions and roles there are.
    """
    from botocore.loaders import Loader

    class Builtin(Loader):
        def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore's
            return [path.name for path in Path(self.BUILTIN_DATA_PATH).iterdir()]

    return Builtin([Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


def _utc(value: Any) -> Any:
    from botocore.utils import parse_timestamp

    return parse_timestamp(value).astimezone(UTC)


def _assume(session: "Session", region: str, role_arn: str, endpoint_url: str | None) -> None:
    """Make `session` act as `role_arn`, with a session name that says who is behind it.

    botocore's default name is a number of its own, which names nobody (AWS-RULES 4).
    """
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.exceptions import NoCredentialsError

    resolver = session.get_component("credential_provider")

    def client(service: str, **keys: Any) -> Any:
        return session.create_client(service, region_name=region, endpoint_url=endpoint_url, **keys)

    def fetch() -> dict[str, Any]:
        source = resolver.load_credentials()
        if source is None:
            raise NoCredentialsError
        frozen = source.get_frozen_credentials()
        sts = client(
            "sts",
            aws_access_key_id=frozen.access_key,
            aws_secret_access_key=frozen.secret_key,
            aws_session_token=frozen.token,
        )
        name = session_name(sts.get_caller_identity()["Arn"])
        extra = {"RoleSessionName": name}
        fetched: dict[str, Any] = AssumeRoleCredentialFetcher(
            client, source, role_arn, extra_args=extra
        ).fetch_credentials()
        return fetched

    _use(session, DeferredRefreshableCredentials(refresh_using=fetch, method="assume-role"))


def session_name(arn: str) -> str:
    """Return the role session name for a caller: the last part of its ARN, as STS allows it.

    `arn:aws:iam::111111111111:user/team/alice` gives `alice`.
    """
    name = re.sub(r"[^\w+=,.@-]", "-", arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1], flags=re.ASCII)
    return name[:64].ljust(2, "-")


def _use(session: "Session", credentials: Any) -> None:
    from botocore.credentials import CredentialProvider, CredentialResolver

    class Given(CredentialProvider):  # type: ignore[misc,unused-ignore]
        METHOD = "mcm"

        def load(self) -> Any:
            return credentials

    session.register_component("credential_provider", CredentialResolver([Given()]))
