"""Strict YAML: what is read, where it stood, and all that is refused."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mcm.config.problems import ConfigError, Problem
from mcm.config.strict_yaml import MAX_DEPTH, ListNode, MapNode, ScalarNode, load, to_plain


def refusal(text: str | bytes) -> list[tuple[int, int, str]]:
    with pytest.raises(ConfigError) as caught:
        load(text, "mcm.yaml")
    return [(p.line, p.column, p.message) for p in caught.value.problems]


def test_maps_lists_and_text_are_read() -> None:
    text = "service: parcel\nstages:\n  - name: prod-us\n    gate: {open: ProdUS}\n  - prod-eu\n"
    assert to_plain(load(text, "mcm.yaml")) == {
        "service": "parcel",
        "stages": [{"name": "prod-us", "gate": {"open": "ProdUS"}}, "prod-eu"],
    }


def test_every_node_knows_its_file_line_and_column_from_one() -> None:
    root = load("# a comment\na: x\nb:\n  - {c: 'y'}\n", "mcm.yaml")
    assert isinstance(root, MapNode)
    assert (root.file, root.line, root.column) == ("mcm.yaml", 2, 1)
    (key_a, a), (key_b, b) = root.entries
    assert (key_a.line, key_a.column, a.line, a.column) == (2, 1, 2, 4)
    assert isinstance(b, ListNode)
    assert (key_b.line, b.line, b.column) == (3, 4, 3)
    assert isinstance(b.items[0], MapNode)
    assert b.items[0].get("c") == ScalarNode("mcm.yaml", 4, 9, "y", is_quoted=True)
    assert b.items[0].get("d") is None


def test_columns_count_characters_and_not_bytes() -> None:
    root = load("{größe: 1, b: 2}", "mcm.yaml")
    assert isinstance(root, MapNode)
    assert root.entries[1][0].column == 12


@pytest.mark.parametrize(
    "word",
    ["no", "yes", "on", "Off", "true", "null", "~", "22:30", "02:30", "012345", "012345670123",
     "0x1F", "0b1", "1_000", "1e3", ".inf", ".nan", "-.inf", "1.0", "2026-11-25",
     "2026-11-25T00:00", "=", "+1"],
)  # fmt: skip
def test_plain_scalars_stay_the_text_that_was_written(word: str) -> None:
    root = load(f"key: {word}", "mcm.yaml")
    assert isinstance(root, MapNode)
    assert root.get("key") == ScalarNode("mcm.yaml", 1, 6, word, is_quoted=False)


def test_a_key_without_a_value_is_told_from_empty_quotes() -> None:
    root = load("a:\nb: ''\n", "mcm.yaml")
    assert isinstance(root, MapNode)
    a, b = (value for _, value in root.entries)
    assert isinstance(a, ScalarNode)
    assert isinstance(b, ScalarNode)
    assert a.is_empty
    assert not b.is_empty


def test_blocks_and_quotes_are_text() -> None:
    text = 'a: |\n  one\n  two\nb: >-\n  one\n  two\nc: "x\\ny"\n'
    assert to_plain(load(text, "f")) == {"a": "one\ntwo\n", "b": "one two", "c": "x\ny"}


def test_windows_line_ends_are_read_and_positions_stay() -> None:
    root = load(b"a: 1\r\nb: 2\r\n", "mcm.yaml")
    assert isinstance(root, MapNode)
    assert [(key.line, key.column, key.text) for key, _ in root.entries] == [
        (1, 1, "a"),
        (2, 1, "b"),
    ]


def test_document_marks_are_allowed_around_the_one_document() -> None:
    assert to_plain(load("---\na: 1\n...\n", "f")) == {"a": "1"}


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "`a` is given twice, first in line 1"),
        ("a: 1\n'a': 2\n", 2, 1, "`a` is given twice, first in line 1"),
        ("x: {b: 1, b: 1}\n", 1, 11, "`b` is given twice, first in line 1"),
        ("a: &one 1\n", 1, 4, "anchors (`&one`) are not read"),
        ("a: &one {b: 1}\n", 1, 4, "anchors (`&one`) are not read"),
        ("a: &one [1]\n", 1, 4, "anchors (`&one`) are not read"),
        ("a: *one\n", 1, 4, "aliases (`*one`) are not read"),
        ("*one : 1\n", 1, 1, "aliases (`*one`) are not read"),
        ("<<: {a: 1}\n", 1, 1, "merge keys (`<<`) are not read"),
        ("a: !!str 1\n", 1, 4, "tags (`tag:yaml.org,2002:str`) are not read"),
        ("a: !!binary aGk=\n", 1, 4, "tags (`tag:yaml.org,2002:binary`) are not read"),
        ("a: !env HOME\n", 1, 4, "tags (`!env`) are not read"),
        ("a: ! 1\n", 1, 4, "tags (`!`) are not read"),
        ("a: !!map {b: 1}\n", 1, 4, "tags (`tag:yaml.org,2002:map`) are not read"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, 4,
         "tags (`tag:yaml.org,2002:python/object/apply:os.system`) are not read"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second document starts here"),
        ("%YAML 1.1\n---\na: 1\n", 1, 1, "a directive (%) is not read"),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", 1, 1, "a directive (%) is not read"),
        ("a:\n\t- b\n", 2, 1, "a tab"),
        ("a: b\t# c\n", 1, 5, "a tab"),
        ("a: 'b\x00'\n", 1, 6, "an invisible character, U+0000"),
        ("a: b\x1b[31m\n", 1, 5, "an invisible character, U+001B"),
        ("a: b\rc: d\n", 1, 5, "an invisible character, U+000D"),
        ("a: b\u202ec\n", 1, 5, "an invisible character, U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a: b\u200bc\n", 1, 5, "an invisible character, U+200B ZERO WIDTH SPACE"),
        ("a: b\u2028c: d\n", 1, 5, "an invisible character, U+2028 LINE SEPARATOR"),
        ("a: b\x85c: d\n", 1, 5, "an invisible character, U+0085"),
        ("\ufeffa: b\n", 1, 1, "an invisible character, U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("a: b\ud800\n", 1, 5, "an invisible character, U+D800"),
        ('a: "\\u200b"\n', 1, 4, "the text holds an invisible character, U+200B ZERO WIDTH SPACE"),
        ('a: "\\0"\n', 1, 4, "the text holds an invisible character, U+0000"),
        ('"\\t": 1\n', 1, 1, "the text holds an invisible character, U+0009"),
        ("a: e\u0301\n", 1, 4, "the text has letters in two parts (it is not in Unicode form NFC)"),
        ("? [a]\n: 1\n", 1, 3, "a key must be text"),
        ("{}: 1\n", 1, 1, "a key must be text"),
        ("{? : 1}\n", 1, 4, "a key has no name"),
        ("'': 1\n", 1, 1, "a key has no name"),
        ("", 1, 1, "there is nothing in the file"),
        ("# only a comment\n", 1, 1, "there is nothing in the file"),
    ],
)  # fmt: skip
def test_surprises_are_refused_where_they_stand(
    text: str, line: int, column: int, said: str
) -> None:
    assert refusal(text) == [(line, column, said)]


def test_every_problem_is_told_at_once() -> None:
    text = "a: &x 1\nb: *x\nc: !t 2\nd: 3\nd: 4\n<<: {}\n---\ne: &y 1\n"
    assert [line for line, _, _ in refusal(text)] == [1, 2, 3, 5, 6, 7, 8]


def test_tabs_are_told_once_for_each_line() -> None:
    assert [(line, column) for line, column, _ in refusal("a:\n\t\tb:\n\tc: x\n")] == [
        (2, 1),
        (3, 1),
    ]


def test_what_is_not_yaml_is_told_with_what_was_found_before_it() -> None:
    (tag, broken) = refusal("a: !t 1\nb: [1, 2\nc: 3\n")
    assert tag[0] == 1
    assert broken[2].startswith("not YAML: ")
    assert broken[0] == 3


@pytest.mark.parametrize("text", ["a: 'open\n", "a: b: c\n", "]\n", "a: @x\n", "a: 1\n b: 2\n"])
def test_broken_yaml_is_a_problem_with_a_place(text: str) -> None:
    (problem,) = refusal(text)
    assert problem[2].startswith("not YAML: ")


def test_bytes_that_are_not_utf8_are_refused_where_they_stand() -> None:
    assert refusal(b"a: 1\nb: \xff\n") == [(2, 4, "the bytes are not UTF-8")]
    assert refusal("a: 1\n".encode("utf-16"))[0][2] == "the bytes are not UTF-8"


@pytest.mark.parametrize("text", ["a: " + "x" * 1_000_000, b"#" * 1_000_001, "ä" * 500_001])
def test_a_file_over_a_million_bytes_is_refused(text: str | bytes) -> None:
    assert refusal(text) == [(1, 1, "the file is larger than 1,000,000 bytes")]


@pytest.mark.parametrize("text", ["[" * 40, "[" * 100_000, "{a: " * 100_000, "- " * 100_000])
def test_deep_nesting_is_refused_before_it_costs_anything(text: str) -> None:
    (problem,) = refusal(text)
    assert problem[2] == f"nested deeper than {MAX_DEPTH} levels"


def test_the_deepest_allowed_file_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert isinstance(load("[" * depth + "a" + "]" * depth, "f"), ListNode)


def test_a_billion_laughs_are_refused_at_the_first_anchor() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert refusal(text)[0] == (1, 4, "anchors (`&a`) are not read")


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
TREES = st.recursive(
    PRINTABLE,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(PRINTABLE.filter(bool), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(TREES)
def test_what_is_written_in_quotes_is_read_back(tree: object) -> None:
    text = yaml.safe_dump(tree, default_style='"', width=10_000)
    assert to_plain(load(text, "f")) == tree


@settings(deadline=None)
@given(
    st.text(max_size=60) | st.binary(max_size=60) | st.text("a:-[]{}&*!|>'\"%#?, \n", max_size=40)
)
def test_any_text_is_read_or_refused_with_places_in_it(text: str | bytes) -> None:
    places = [(problem.line, problem.column) for problem in attempt(text)]
    assert all(line >= 1 and column >= 1 for line, column in places)


def attempt(text: str | bytes) -> tuple[Problem, ...]:
    """The problems of a text; any other error than ConfigError goes through."""
    try:
        to_plain(load(text, "f"))
    except ConfigError as err:
        return err.problems or (Problem("f", 0, 0, "refused without a problem"),)
    return ()
