"""Typed reading of mappings: what counts, what is refused, and that all is told at once."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from mcm.config.fields import Fields
from mcm.config.problems import Problems
from mcm.config.strict_yaml import load, to_plain


def fields(text: str) -> Fields:
    return Fields(load(text, "mcm.yaml"), Problems())


def said(found: Fields) -> list[str]:
    return [str(problem) for problem in found.problems.all()]


AWARE = "Write it like 2026-11-25T08:00Z or 2026-11-25T00:00-08:00."
NAIVE = "Write it like 2026-11-25T00:00, without an offset."
NO_SUCH_DAY = "There is no such time: day is out of range for month."
Read = Callable[[Fields], object]


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("k: hello", lambda f: f.text("k"), "hello"),
        ("k: no", lambda f: f.text("k"), "no"),
        ("k: 012345", lambda f: f.text("k", form=re.compile(r"\d+"), like="1"), "012345"),
        ("k: roll_back", lambda f: f.choice("k", ["hold", "roll_back"]), "roll_back"),
        ("k: true", lambda f: f.boolean("k"), True),
        ("k: false", lambda f: f.boolean("k"), False),
        ("k: 0", lambda f: f.integer("k", at_least=0), 0),
        ("k: -17", lambda f: f.integer("k"), -17),
        ("k: 0.05", lambda f: f.decimal("k"), Decimal("0.05")),
        ("k: -3", lambda f: f.decimal("k"), Decimal(-3)),
        ("k: 1h30m", lambda f: f.duration("k"), timedelta(minutes=90)),
        ("k: '30s'", lambda f: f.duration("k"), timedelta(seconds=30)),
        ("k: 2026-11-25T08:00Z", lambda f: f.instant("k"), datetime(2026, 11, 25, 8, tzinfo=UTC)),
        ("k: 2026-11-25T00:00:00.250-08:00", lambda f: f.instant("k"),
         datetime(2026, 11, 25, 8, 0, 0, 250_000, tzinfo=UTC)),
        ("k: 2026-11-25T00:00", lambda f: f.local_time("k").isoformat(), "2026-11-25T00:00:00"),
        ("k: [a, b]", lambda f: f.texts("k"), ("a", "b")),
        ("k: []", lambda f: f.list("k"), ()),
        ("k: {b: {x: 1}, a: 2}", lambda f: [name.text for name, _ in f.named("k")], ["b", "a"]),
        ("k: {n: 1}", lambda f: f.mapping("k").integer("n"), 1),
        ("k: [{n: 1}, {n: 2}]", lambda f: [m.integer("n") for m in f.mappings("k")], [1, 2]),
        ("k: {a: {n: 1}}", lambda f: [(n.text, m.integer("n")) for n, m in f.named_mappings("k")],
         [("a", 1)]),
        ("k: 7", lambda f: f.optional("k", f.integer, 9), 7),
        ("x: 7", lambda f: (f.optional("k", f.integer, 9), f.has("x")), (9, True)),
        ("x: 7", lambda f: (f.optional("k", f.integer), f.has("x")), (None, True)),
    ],
)  # fmt: skip
def test_good_values_are_read_without_a_problem(text: str, read: Read, value: object) -> None:
    found = fields(text)
    assert read(found) == value
    found.done()
    assert said(found) == []


@pytest.mark.parametrize(
    ("value", "read", "message"),
    [
        ("", lambda f: f.text("k"), "`k` has no value"),
        ("", lambda f: f.mapping("k"), "`k` has no value"),
        ("", lambda f: f.list("k"), "`k` has no value"),
        ("' '", lambda f: f.text("k"), "`k` is empty"),
        ("[a]", lambda f: f.text("k"), "`k` must be text, not a list"),
        ("{a: 1}", lambda f: f.duration("k"), "`k` must be a duration, not a mapping"),
        ("A b", lambda f: f.text("k", form=re.compile("[a-z]+"), like="prod-us"),
         "`k` cannot be 'A b'. Write it like prod-us."),
        ("rollback", lambda f: f.choice("k", ["hold", "roll_back"]),
         "`k` cannot be 'rollback'. Did you mean `roll_back`?"),
        ("zzz", lambda f: f.choice("k", ["hold", "roll_back"]),
         "`k` cannot be 'zzz'. Write one of: hold, roll_back."),
        ("yes", lambda f: f.boolean("k"), "`k` cannot be 'yes'. Write true or false."),
        ("True", lambda f: f.boolean("k"), "`k` cannot be 'True'. Write true or false."),
        ("'true'", lambda f: f.boolean("k"),
         "`k` must be true or false, but quotes make it text. Leave the quotes out."),
        ("'5'", lambda f: f.integer("k"),
         "`k` must be a whole number, but quotes make it text. Leave the quotes out."),
        ("0", lambda f: f.integer("k", at_least=1), "`k` must be at least 1, not 0"),
        ("9", lambda f: f.integer("k", at_most=8), "`k` must be at most 8, not 9"),
        ("1.5", lambda f: f.decimal("k", at_most=Decimal(1)), "`k` must be at most 1, not 1.5"),
        ("30s", lambda f: f.duration("k", at_least=timedelta(minutes=1)),
         "`k` must be at least 1m, not 30s"),
        ("2026-11-25T00:00", lambda f: f.instant("k"),
         "`k` is not a time: '2026-11-25T00:00'. " + AWARE),
        ("2026-11-25T00:00Z", lambda f: f.local_time("k"),
         "`k` is not a time: '2026-11-25T00:00Z'. " + NAIVE),
        ("2026-02-30T00:00Z", lambda f: f.instant("k"),
         "`k` is not a time: '2026-02-30T00:00Z'. " + NO_SUCH_DAY),
        ("0001-01-01T00:00+14:00", lambda f: f.instant("k"), "`k` is outside the years 1 to 9999"),
        ("x", lambda f: f.mapping("k"), "k must be a mapping (`key: value` lines), not text"),
        ("x", lambda f: f.list("k"), "`k` must be a list (`- item` lines), not text"),
        ("[x]", lambda f: f.named("k"), "`k` must be a mapping (`name: …` lines), not a list"),
        ("[a, [b]]", lambda f: f.texts("k"), "`k[1]` must be text, not a list"),
        ("[a, '']", lambda f: f.texts("k"), "`k[1]` must be text, not empty"),
        ("[x]", lambda f: f.mappings("k"), "k[0] must be a mapping (`key: value` lines), not text"),
    ],
)  # fmt: skip
def test_bad_values_are_one_problem_each(value: str, read: Read, message: str) -> None:
    found = fields(f"k: {value}")
    read(found)
    found.done()
    (problem,) = said(found)
    assert re.sub(r"^mcm.yaml:1:\d+: ", "", problem) == message


@pytest.mark.parametrize(
    "word", ["012", "0x1F", "1_000", "1e3", "+1", "-0", ".inf", "22:30", "1.0", "\u0661", "9" * 16]
)
def test_only_plain_decimal_digits_are_whole_numbers(word: str) -> None:
    found = fields(f"k: {word}")
    assert found.integer("k") == 0
    assert "is not a whole number" in said(found)[0]


@pytest.mark.parametrize("word", [".inf", ".nan", "1e3", "012.5", ".5", "5.", "1_0", "+1", "5%"])
def test_numbers_have_no_exponent_and_no_surprises(word: str) -> None:
    found = fields(f"k: {word}")
    assert found.decimal("k") == 0
    assert "is not a number" in said(found)[0]


@pytest.mark.parametrize("word", ["30", "1.5h", "-5m", "soon", "5 m"])
def test_durations_need_units(word: str) -> None:
    found = fields(f"k: {word}")
    assert found.duration("k") == timedelta(0)
    assert len(said(found)) == 1


def test_a_missing_key_is_told_where_the_mapping_stands() -> None:
    found = fields("stages:\n  - name: prod-us\n")
    (stage,) = found.mappings("stages")
    stage.text("window")
    assert said(found) == ["mcm.yaml:2:5: `stages[0].window` is missing"]


def test_unknown_keys_are_told_with_the_key_that_may_be_meant() -> None:
    found = fields("name: a\nwindo: b\nzzz: c\n")
    found.text("name")
    found.optional("window", found.text)
    found.done()
    assert said(found) == [
        "mcm.yaml:2:1: unknown key `windo`. Did you mean `window`?",
        "mcm.yaml:3:1: unknown key `zzz`. Known here: name, window.",
    ]


def test_done_covers_everything_nested() -> None:
    found = fields("a: {x: 1}\nb: [{y: 1}]\nc: {n: {z: 1}}\n")
    found.mapping("a")
    found.mappings("b")
    found.named_mappings("c")
    found.done()
    assert [line.split(". ")[0] for line in said(found)] == [
        "mcm.yaml:1:5: unknown key `a.x`",
        "mcm.yaml:2:6: unknown key `b[0].y`",
        "mcm.yaml:3:9: unknown key `c.n.z`",
    ]


def test_a_mapping_that_is_missing_is_told_once_and_its_keys_are_not() -> None:
    found = fields("a: 1\n")
    found.text("a")
    gate = found.mapping("gate")
    assert gate.text("open") == ""
    gate.mapping("more").integer("n")
    found.done()
    assert said(found) == ["mcm.yaml:1:1: `gate` is missing"]


def test_a_file_that_is_no_mapping_is_told_once() -> None:
    found = fields("- a\n")
    found.text("service")
    found.done()
    assert said(found) == [
        "mcm.yaml:1:1: the file must be a mapping (`key: value` lines), not a list"
    ]


def test_the_schema_can_add_its_own_problems_at_a_key() -> None:
    found = fields("a: {zone: PST}\n")
    inner = found.mapping("a")
    inner.refuse("zone", "is an abbreviation", "Write America/Los_Angeles.")
    inner.refuse("missing", "is needed with zone")
    assert said(found) == [
        "mcm.yaml:1:4: `a.missing` is needed with zone",
        "mcm.yaml:1:11: `a.zone` is an abbreviation. Write America/Los_Angeles.",
    ]


def test_raw_nodes_can_be_taken_as_they_are() -> None:
    found = fields("with: {names: [a], deep: {n: 012}}\n")
    node = found.node_of("with")
    assert node is not None
    assert to_plain(node) == {"names": ["a"], "deep": {"n": "012"}}
    found.done()
    assert said(found) == []


def test_every_problem_of_a_file_is_told_at_once() -> None:
    found = fields("poll: 30\nbake: {for: soon, min_samples: many}\nwho: x\n")
    found.duration("poll")
    bake = found.mapping("bake")
    bake.duration("for")
    bake.integer("min_samples")
    found.text("service")
    found.done()
    assert [problem.line for problem in found.problems.all()] == [1, 1, 2, 2, 3]
