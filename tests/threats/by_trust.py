"""Attempts with the trust file: who is in it, what as, and how it moves on."""

import subprocess
from datetime import timedelta
from typing import Any

from mcm.clock import SystemClock
from mcm.trust.chain import NAMESPACE
from mcm.trust.plain_yaml import parse
from mcm.trust.signing import find_ssh_keygen, run_ssh_keygen
from tests.threats.ground import CHANGE, Attempt, Entry, Ground

ROLE = "arn:aws:sts::111111111111:assumed-role"


def loaded(number: int, words: str, code: str, change: Any) -> Attempt:
    """Return the attempt to go forward by a trust file that `change` has altered."""

    def act(g: Ground) -> None:
        g.must(f"plan {CHANGE}")
        g.edit_trust(lambda who: change(g, who))

    return Attempt(number, words, code, act)


def written(number: int, words: str, code: str, change: Any) -> Attempt:
    """Return the attempt to go forward by a trust file with another text."""

    def act(g: Ground) -> None:
        g.must(f"plan {CHANGE}")
        g.trust_file.write_text(change(g.trust_file.read_text()), encoding="utf-8")

    return Attempt(number, words, code, act)


def carol(**changed: Any) -> Any:
    return lambda _, who: who["carol"].update(changed)


def shared_key(g: Ground, who: dict[str, Entry]) -> None:
    who["carol"]["ssh"].append(g.line("bob"))


def key_file(g: Ground, kind: str) -> str:
    path = g.key(f"carol-{kind}").with_name(f"of-{kind}")
    command = [str(find_ssh_keygen()), "-q", "-t", kind, "-N", "", "-f", str(path)]
    subprocess.run(command, check=True)
    return path.with_suffix(".pub").read_text().strip()


def certificate(g: Ground) -> str:
    ca, key = g.key("authority"), g.key("carol-new")
    command = [find_ssh_keygen(), "-q", "-s", ca, "-I", "carol", "-n", "carol", f"{key}.pub"]
    subprocess.run(command, check=True)
    return key.with_name(f"{key.name}-cert.pub").read_text().strip()


def own_trust_file(g: Ground) -> None:
    """The bundle brings a file in which the requester's other key is an approver's."""
    g.requested()
    puppet(g)
    g.approve(key="puppet", who="puppet")


def puppet(g: Ground) -> None:
    g.edit_trust(
        lambda who: who.update(
            puppet={"id": "puppet", "roles": ["approver"], "ssh": [g.line("puppet")]}
        )
    )


def strict(g: Ground, version: int = 0, signers: tuple[str, ...] = (), **more: Any) -> None:
    """Make the trust file the next, strict version, with these signatures beside it."""
    before = g.trust
    value = parse(g.trust_file.read_bytes())
    for name, role in (("alice", "requester"), ("bob", "approver")):
        next(e for e in value["persons"] if e["id"] == name)["roles"] = [role, "root"]
    value |= {"version": version or before.version + 1, "profile": "strict"}
    ends = SystemClock().now() + timedelta(days=20)
    g.write_trust({**value, "prev": before.digest, "expires": ends.isoformat(), **more})
    if not signers:
        return
    folder, trust = g.trust_file.parent / "trust", g.trust
    folder.mkdir(exist_ok=True)
    (folder / f"{trust.version}.json").write_bytes(trust.content)
    for who in signers:
        sig = run_ssh_keygen(find_ssh_keygen(), NAMESPACE, g.key(who), trust.content)
        (folder / f"{trust.version}-{who}.sig").write_text(sig, encoding="ascii")


def strict_then(number: int, words: str, code: str, **given: Any) -> Attempt:
    """Return the attempt to go on by the version after a strict one that is pinned."""

    def act(g: Ground) -> None:
        g.requested()
        strict(g, signers=("alice", "bob"))
        g.must(f"trust pin {g.trust.digest}", f"request {CHANGE}")
        strict(g, **given)

    return Attempt(number, words, code, act, line=f"request {CHANGE}")


def unsigned_step(g: Ground) -> None:
    g.requested()
    strict(g)


def older(g: Ground) -> None:
    g.requested()
    text = g.trust_file.read_text()
    g.trust_file.write_text(text.replace("version: 1", "version: 2"))
    g.must(f"trust pin {g.trust.digest}")
    g.trust_file.write_text(text)


def two_documents(text: str) -> str:
    return f"{text}---\n{text}"


BILLION = 'a: &a ["x", "x"]\nb: &b [*a, *a]\nc: &c [*b, *b]\n'
ATTEMPTS = [
    loaded(4, "one key under two persons", "E_TRUST_AMBIGUOUS", shared_key),
    loaded(
        4,
        "one AWS user under two persons",
        "E_TRUST_AMBIGUOUS",
        carol(aws=["arn:aws:iam::111111111111:user/BOB"]),
    ),
    loaded(7, "root", "E_NOT_A_PERSON", carol(aws=["arn:aws:iam::111111111111:root"])),
    loaded(
        7,
        "federated user",
        "E_NOT_A_PERSON",
        carol(aws=["arn:aws:sts::111111111111:federated-user/carol"]),
    ),
    loaded(7, "instance role", "E_NOT_A_PERSON", carol(aws=[f"{ROLE}/web/i-0123456789abcdef0"])),
    loaded(
        7, "motos stand-in", "E_NOT_A_PERSON", carol(aws=["arn:aws:sts::111111111111:user/moto"])
    ),
    loaded(8, "session of a robot", "E_NOT_A_PERSON", carol(aws=[f"{ROLE}/ci/botocore-session-1"])),
    loaded(
        8,
        "bare role of a robot",
        "E_NOT_A_PERSON",
        carol(aws=["arn:aws:iam::111111111111:role/ci"]),
    ),
    loaded(9, "cyrillic id", "E_ID_CHARSET", carol(id="\u0430lice")),
    loaded(9, "fullwidth id", "E_ID_CHARSET", carol(id="\uff41lice")),
    loaded(9, "zero width in an id", "E_ID_CHARSET", carol(id="ali\u200bce")),
    loaded(9, "near equal name", "E_CONFUSABLE", carol(name="\uff22ob")),
    loaded(9, "mixed scripts in a name", "E_CONFUSABLE", carol(name="B\u043eb")),
    loaded(22, "rsa", "E_KEY_TYPE", lambda g, who: who["carol"]["ssh"].append(key_file(g, "rsa"))),
    loaded(
        22, "certificate", "E_KEY_TYPE", lambda g, who: who["carol"]["ssh"].append(certificate(g))
    ),
    loaded(
        22,
        "cert-authority",
        "E_KEY_TYPE",
        lambda g, who: who["carol"].update(ssh=[f"cert-authority {g.line('carol')}"]),
    ),
    loaded(24, "star as a stage", "E_TRUST_SYNTAX", carol(stages=["*"])),
    loaded(24, "star as an id", "E_ID_CHARSET", carol(id="*")),
    loaded(
        24,
        "domain before a key",
        "E_TRUST_SYNTAX",
        lambda g, who: who["carol"].update(ssh=[f"*@corp {g.line('carol')}"]),
    ),
    Attempt(27, "its own trust file", "E_TRUST_PIN", own_trust_file),
    Attempt(28, "puppet in the same change", "E_TRUST_PIN", lambda g: (g.requested(), puppet(g))),
    Attempt(28, "strict without signatures", "E_TRUST_UNSIGNED", unsigned_step),
    strict_then(28, "strict with one root", "E_TRUST_THRESHOLD", signers=("alice",)),
    Attempt(29, "older than the pinned one", "E_TRUST_CHAIN", older),
    strict_then(29, "version skipped", "E_TRUST_UNSIGNED", version=4, signers=("alice", "bob")),
    strict_then(29, "prev is another", "E_TRUST_CHAIN", signers=("alice", "bob"), prev="e" * 64),
    strict_then(
        29,
        "ended",
        "E_TRUST_EXPIRED",
        signers=("alice", "bob"),
        expires="2020-01-01T00:00:00+00:00",
    ),
    strict_then(29, "threshold of one", "E_TRUST_POLICY", root_threshold=1),
    strict_then(29, "threshold of none", "E_TRUST_POLICY", root_threshold=0),
    written(49, "key twice", "E_YAML", lambda text: f"{text}version: 2\n"),
    written(50, "anchor", "E_YAML", lambda text: text.replace("version: 1", "version: &a 1")),
    written(50, "merge key", "E_YAML", lambda text: f"{text}<<: {{version: 2}}\n"),
    written(50, "billion laughs", "E_YAML", lambda text: text + BILLION),
    written(51, "tag", "E_YAML", lambda text: text.replace("version: 1", "version: !!int 1")),
    written(
        51,
        "python object",
        "E_YAML",
        lambda text: f'{text}name: !!python/object/apply:os.system ["true"]\n',
    ),
    written(51, "second document", "E_YAML", two_documents),
    written(52, "octal", "E_TRUST_SYNTAX", lambda text: text.replace("version: 1", "version: 01")),
    written(
        52, "infinite", "E_TRUST_SYNTAX", lambda text: text.replace("version: 1", "version: .inf")
    ),
    written(
        52, "sexagesimal", "E_TRUST_SYNTAX", lambda t: t.replace("version: 1", "version: 1:30")
    ),
    loaded(62, "unknown role", "E_TRUST_POLICY", carol(roles=["owner"])),
]
