"""Attempts with files: the plan, the definitions, the journal, the configuration."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from mcm.core import canonical
from mcm.core.history import journal
from mcm.core.history.journal import Draft
from mcm.trust.envelope import Envelope
from tests.threats.ground import CHANGE, DEPLOY, Attempt, Ground

VERIFY = f"verify {CHANGE}"
CONFIG = "mcm.yaml"
CHANGE_FILE = f"changes/{CHANGE}/change.yaml"


def approved(g: Ground) -> None:
    g.requested()
    g.approve()


def edited(name: str, old: str, new: str) -> Callable[[Ground], None]:
    """An edit of a file after the approval; the plan's file is left alone."""

    def act(g: Ground) -> None:
        approved(g)
        g.edit(name, old, new)

    return act


def another_plan(g: Ground) -> None:
    approved(g)
    g.edit(f"changes/{CHANGE}/plan.json", '"min_samples":1}', '"min_samples":0}')


def link(path: Path) -> None:
    kept = path.with_name(f"{path.name}.kept")
    path.rename(kept)
    path.symlink_to(kept)


def hard_link(path: Path) -> None:
    os.link(path, path.with_name(f"{path.name}.kept"))


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def with_file(find: Callable[[Ground], Path], change: Callable[[Path], None]) -> Callable:  # type: ignore[type-arg]
    """What is done to one file of an approved change."""

    def act(g: Ground) -> None:
        approved(g)
        let_go(g)
        change(find(g))

    return act


def let_go(g: Ground) -> None:
    """Let no write-ahead file hide what is done to the journal's own."""
    db = sqlite3.connect(g.journal)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def plan_of(g: Ground) -> Path:
    return g.plan_file


def trust_of(g: Ground) -> Path:
    return g.trust_file


def journal_of(g: Ground) -> Path:
    return g.journal


def statement_of(g: Ground) -> Path:
    return g.statements / "approval-1-prod-us-bob.json"


def with_sql(*statements: str) -> Callable[[Ground], None]:
    """What is done to the three entries of a change by SQL."""

    def act(g: Ground) -> None:
        approved(g)
        g.must(f"request {CHANGE}")
        g.sql(*statements)

    return act


def rewritten(g: Ground) -> None:
    """All entries again, with another reason in the first one and every hash made right.

    bob's signature names the head that he saw.
    """
    approved(g)
    old = g.shop.entries(CHANGE)
    drafts = [Draft(entry.kind, dict(entry.body), entry.at) for entry in old]
    drafts[0] = Draft(drafts[0].kind, {**drafts[0].body, "title": "Other"}, drafts[0].at)
    new = journal.chain_all(None, drafts)
    rows = [(journal.to_stored(entry), entry.hash, entry.seq) for entry in new]
    g.sql()
    db = sqlite3.connect(g.journal)
    db.executemany("UPDATE entry SET data=?, hash=? WHERE seq=?", rows)
    db.execute("UPDATE head SET hash=?", (new[-1].hash,))
    db.commit()
    db.close()


def payload(bend: Callable[[bytes], bytes]) -> Callable[[Ground], None]:
    """An unsigned statement, which counts in the sandbox, with JSON that is not canonical."""

    def act(g: Ground) -> None:
        g.requested()
        data = canonical.encode(g.said().to_value())
        g.file(Envelope("approval", bend(data), ()))

    return act


def plan_bytes(bend: Callable[[bytes], bytes]) -> Callable[[Ground], None]:
    def act(g: Ground) -> None:
        approved(g)
        g.plan_file.write_bytes(bend(g.plan_file.read_bytes()))

    return act


def config(old: str, new: str, name: str = CONFIG) -> Callable[[Ground], None]:
    return lambda g: g.edit(name, old, new)


def mode(find: Callable[[Ground], Path], bits: int) -> Callable[[Ground], None]:
    def act(g: Ground) -> None:
        approved(g)
        find(g).chmod(bits)

    return act


EDIT = "UPDATE entry SET data=replace(data, 'alice', 'carol') WHERE seq=1"
DROP = "DELETE FROM entry WHERE seq=2"
LAST = "(SELECT max(seq) FROM entry)"
TAIL = f"DELETE FROM entry WHERE seq={LAST}"
GARBAGE = f"UPDATE entry SET data=data || x'00ff' WHERE seq={LAST}"
TORN = f"UPDATE entry SET data=substr(data, 1, 20) WHERE seq={LAST}"


def unread(number: int, words: str, code: str, act: Callable[[Ground], object]) -> list[Attempt]:
    """A journal that does not hold: both what proves and what goes forward say so."""
    return [
        Attempt(number, f"{words} {line.split()[0]}", code, act, line=line, journaled=False)
        for line in (VERIFY, DEPLOY)
    ]


ATTEMPTS = [
    Attempt(13, "threshold", "E_PLAN_CHANGED", edited(CONFIG, "{for: 1s", "{for: 2s")),
    Attempt(13, "alarm", "E_PLAN_CHANGED", edited(CONFIG, "photo-check-5xx", "photo-check-eu-5xx")),
    Attempt(13, "guardrail", "E_PLAN_CHANGED", edited(CONFIG, "[photo-check-5xx, ", "[")),
    Attempt(13, "answer", "E_PLAN_CHANGED", edited(CHANGE_FILE, "PHOTO-417", "PHOTO-9")),
    Attempt(13, "the plan itself", "E_PLAN_CHANGED", another_plan),
    *(
        Attempt(16, f"{how.__name__} of the {find.__name__}", "E_UNSAFE_FILE", with_file(find, how))
        for find in (plan_of, trust_of, statement_of)
        for how in (link, hard_link, pipe)
    ),
    *(
        Attempt(
            16,
            f"{how.__name__} of the journal",
            "E_UNSAFE_FILE",
            with_file(journal_of, how),
            journaled=False,
        )
        for how in (link, hard_link, pipe)
    ),
    *(
        Attempt(
            17, repr(name), "E_ID_CHARSET", lambda g: None, line=f"{verb} {name}", journaled=False
        )
        for verb, name in (
            ("plan", "../../x"),
            ("plan", "a/b"),
            ("deploy", "CM-\uff10\uff10\uff10\uff11"),
            ("request", "CM-0001\u0085".replace("\u0085", "\x00")),
            ("deploy", "."),
        )
    ),
    *unread(39, "edited", "E_CHAIN", with_sql(EDIT)),
    *unread(39, "removed in the middle", "E_CHAIN", with_sql(DROP)),
    *unread(
        39,
        "reordered",
        "E_CHAIN",
        with_sql(
            "UPDATE entry SET seq=101 WHERE seq=1",
            "UPDATE entry SET seq=1 WHERE seq=2",
            "UPDATE entry SET seq=2 WHERE seq=101",
        ),
    ),
    *unread(40, "rewritten with good hashes", "E_SIGNED_HEAD", rewritten),
    *unread(41, "tail cut off", "E_TRUNCATED", with_sql(TAIL)),
    *unread(41, "garbage at the end", "E_CHAIN", with_sql(GARBAGE)),
    *unread(41, "torn entry", "E_CHAIN", with_sql(TORN)),
    *unread(
        42, "row edited", "E_CHAIN", with_sql("UPDATE entry SET hash=lower(hex(randomblob(32)))")
    ),
    *(
        Attempt(53, words, "E_CANONICAL", payload(bend))
        for words, bend in (
            ("keys twice", lambda d: d.replace(b'"v":1', b'"v":1,"v":1')),
            ("NaN", lambda d: d.replace(b'"v":1', b'"v":NaN')),
            ("1e400", lambda d: d.replace(b'"v":1', b'"v":1e400')),
            ("float", lambda d: d.replace(b'"v":1', b'"v":1.0')),
            ("lone surrogate", lambda d: d.replace(b'"tool":""', b'"tool":"\\ud800"')),
            ("deep", lambda d: b"[" * 3000),
            ("5000 digits", lambda d: d.replace(b'"v":1', b'"v":' + b"9" * 5000)),
            ("final newline", lambda d: d + b"\n"),
        )
    ),
    Attempt(53, "plan with a space", "E_CANONICAL", plan_bytes(lambda d: d + b" ")),
    Attempt(60, "journal 0666", "E_PERMISSIONS", mode(journal_of, 0o666), journaled=False),
    Attempt(
        60, "folder 0777", "E_PERMISSIONS", mode(lambda g: g.journal.parent, 0o777), journaled=False
    ),
]


def config_attempts() -> list[tuple[int, str, Callable[[Ground], None], str]]:
    """Return what the files of a project may not say, and a word of each refusal."""
    stage = "    pipeline_stage: ProdUS"
    return [
        (49, "key twice", config("version: 1", "version: 1\nversion: 1"), "twice"),
        (50, "anchor", config("poll: 500ms", "poll: &a 500ms"), "anchor"),
        (50, "merge key", config("defaults:", "defaults:\n  <<: {poll: 1s}"), "<<"),
        (51, "tag", config("poll: 500ms", "poll: !!str 500ms"), "tag"),
        (51, "binary", config("ticket: PHOTO-417", "ticket: !!binary eA==", CHANGE_FILE), "tag"),
        (52, "no", config("approvals: 1", "approvals: no"), "approvals"),
        (52, "sexagesimal", config("approvals: 1", "approvals: 1:30"), "approvals"),
        (52, "octal account", config('account: "111111111111"}', "account: 0123}"), "account"),
        (52, "infinite", config("min_samples: 1", "min_samples: .inf"), "min_samples"),
        (62, "no approval", config("approvals: 1", "approvals: 0"), "approvals"),
        (62, "negative", config("approvals: 1", "approvals: -1"), "approvals"),
        (62, "true", config("approvals: 1", "approvals: true"), "approvals"),
        (62, "unknown key", config(stage, f"{stage}\n    two_person: no"), "two_person"),
    ]
