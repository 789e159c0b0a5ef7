"""One person at the desk: their key, the trust file, the inbox of one change."""

from collections.abc import Callable

from mcm.cli.compose import Project
from mcm.cli.signing_key import SigningKey, find_key
from mcm.core.errors import RefusedError
from mcm.core.plans.plan import StagePlan
from mcm.core.trust.inbox import Inbox
from mcm.core.trust.statement import Statement, TrustRef, Verified
from mcm.trust.inbox import write_statement
from mcm.trust.signing import new_nonce, sign
from mcm.trust.verify import verify


def open_desk(project: Project, change: str, key: str | None, person: str | None) -> "KeyDesk":
    """Return the desk of who signs: with the key that is named, else with their own."""
    return KeyDesk(project, change, find_key(project, key, person))


class KeyDesk:
    """Implements the desk of `mcm.app.people` with an SSH key."""

    def __init__(self, project: Project, change: str, key: SigningKey) -> None:
        self._project = project
        self._change = change
        self._key = key
        self._trust = project.trust()
        holder = self._trust.holder(key.public)
        if holder is None:
            raise RefusedError(
                "E_UNKNOWN_SIGNER",
                f"key {key} refused: no person in the trust file has {key.public.fingerprint}",
                hint="Sign with a key of your entry in .mcm/trust.yml; name it with --key.",
            )
        self._holder = holder

    @property
    def person(self) -> str:
        return self._holder.id

    @property
    def aliases(self) -> frozenset[str]:
        return self._holder.aliases

    @property
    def trust(self) -> TrustRef:
        return self._trust.ref

    def inbox(self) -> Inbox:
        return self._project.inbox(self._change)

    def check_approver(self, stage: StagePlan) -> None:
        """Raise RefusedError when this person, or this key, may not approve `stage`."""
        self.check_role(stage, "approver")

    def check_role(self, stage: StagePlan, role: str) -> None:
        """Raise RefusedError when this person, or this key, may not sign `stage` in that role.

        What verifies a signature says the same of it; this only spares its making.
        """
        who, does = self._holder, {"approver": "approve"}.get(role, "break the glass for")
        if not who.is_valid(self._project.clock.now()):
            raise RefusedError("E_KEY_NOT_VALID", f"refused: {who.id} is not valid at this time")
        if role not in who.roles:
            raise RefusedError("E_ROLE", f"refused: {who.id} is no {role}")
        if who.stages is not None and stage.name not in who.stages:
            raise RefusedError("E_ROLE", f"refused: {who.id} may not {does} {stage.name}")

        if stage.touch and not self._key.public.on_security_key:
            raise RefusedError(
                "E_TOUCH_REQUIRED",
                f"refused: {stage.name} takes a touched security key, and {self._key} is none",
                hint="Sign with an sk- key of your entry; name it with --key.",
            )

    def nonce(self) -> str:
        return new_nonce()

    def sign(self, statement: Statement) -> tuple[Verified, Callable[[], str]]:
        """Sign, and verify as every reader will; nothing is filed before the caller says so."""
        with self._key.file() as path:
            envelope = sign(statement, path)
        now = self._project.clock.now()
        verified = verify(envelope.to_bytes(), self._trust, self._project.realm, now)
        folder = self._project.folder(self._change).statements

        def file() -> str:
            return write_statement(folder, envelope).relative_to(self._project.root).as_posix()

        return verified, file
