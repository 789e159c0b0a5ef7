"""What the code cites is in the documents, and what the documents name is in the code."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from mcm.cli.main import build_app
from mcm.core.errors import Exit
from tests.house.tree import ROOT, project_files, python_files, shown
from tests.threats.table import ATTEMPTS

DOCS = ROOT / "docs"
RULES = range(1, 43)
CITED = re.compile(r"AWS-RULES (\d+(?:(?:–|, | and | to )\d+)*)")
# In two parts, so that this page does not cite what it looks for.
LOOSE = re.compile(
    "AWS-" + r"RULES(?! \d)|\b(?:DESIGN|EMULATOR)" + r"\.md\b|SECURITY\.md(?:,? \d|,? threat)"
)
PATH = re.compile(r"`((?:mcm|tests|docs|checks|runbooks|templates)/[\w./-]+)`(?! \(planned\))")
NAMED_DOC = re.compile(r"\bdocs/[\w./-]+\.md\b")
CODE = re.compile(r"\bE_[A-Z_]+\b")


def text_of(name: str) -> str:
    """Return one page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def numbers(cited: str) -> set[int]:
    """Return the numbers in `18–23`, `2, 5` or `24 and 37`."""
    found = {int(each) for each in re.findall(r"\d+", cited)}
    for first, last in re.findall(r"(\d+)(?:–| to )(\d+)", cited):
        found |= set(range(int(first), int(last) + 1))
    return found


def citations(pattern: re.Pattern[str]) -> dict[str, set[str]]:
    """Return what each Python file of the project cites in the way of `pattern`."""
    found = {
        shown(path): set(pattern.findall(path.read_text(encoding="utf-8")))
        for path in python_files("mcm", "tests", "benchmarks")
        if path != Path(__file__).resolve()
    }
    return {name: cited for name, cited in found.items() if cited}


def rules(page: str) -> list[int]:
    """Return the numbers of the rules that a page states, in its order."""
    return [int(each) for each in re.findall(r"^### (\d+)\. ", page, re.MULTILINE)]


def threats(page: str) -> set[int]:
    """Return the numbers of the threat table's rows; `34–38` is five rows."""
    rows = re.findall(r"^\| (\d+(?:–\d+)?) \|", page, re.MULTILINE)
    return {number for row in rows for number in numbers(row)}


def test_the_rules_are_all_there_in_order() -> None:
    assert rules(text_of("aws-rules.md")) == list(RULES)


def test_every_rule_says_where_it_stands() -> None:
    """Built, partly or not yet: a rule without a state reads like a promise."""
    parts = re.split(r"^### (\d+)\. ", text_of("aws-rules.md"), flags=re.MULTILINE)
    silent = [
        number
        for number, text in zip(parts[1::2], parts[2::2], strict=True)
        if not re.search(r"Where: \*(?:built|partly|not yet)\*", text)
    ]

    assert silent == []


def test_every_cited_rule_exists() -> None:
    cited = citations(CITED)
    unknown = {
        name: sorted(wrong)
        for name, texts in cited.items()
        if (wrong := set().union(*(numbers(text) for text in texts)) - set(RULES))
    }

    assert cited
    assert unknown == {}


def test_every_cited_threat_exists() -> None:
    known = threats(text_of("security-design.md"))
    cited = citations(re.compile(r"(?i)\bthreats?[ _](\d+)"))
    unknown = {
        name: sorted(wrong)
        for name, found in cited.items()
        if (wrong := {int(each) for each in found} - known)
    }

    assert known == set(range(1, 63))
    assert cited
    assert unknown == {}


def states(page: str) -> dict[int, str]:
    """Return the state of each row of the threat table, as its first words."""
    rows = re.findall(r"^\| (\d+(?:–\d+)?) \|.*\| ([^|]+?) \|$", page, re.MULTILINE)
    return {number: state for row, state in rows for number in numbers(row)}


def test_every_row_of_the_threat_table_is_tested_by_its_number() -> None:
    """Built or partly: at least one test has the number in its id. No test has another one."""
    named = re.compile(r"\bthreat_(\d+)(?=_|\b)")
    texts = [path.read_text(encoding="utf-8") for path in python_files("tests")]
    tested = {
        int(each)
        for text in texts
        for name in re.findall(r"^def (test_\w+)", text, re.MULTILINE)
        for each in named.findall(name.replace("_threat", " threat"))
    }
    tested |= {attempt.number for attempt in ATTEMPTS}
    rows = states(text_of("security-design.md"))
    ids = [str(attempt) for attempt in ATTEMPTS]

    assert sorted(rows) == list(range(1, 63))
    assert {row for row in rows if not re.match("built|partly|not yet", rows[row])} == set()
    assert set(rows) - tested == set()
    assert tested - set(rows) == set()
    assert len(set(ids)) == len(ids)
    assert all(re.match(r"threat_\d\d-", each) for each in ids)


def test_every_refusal_in_the_threat_table_exists() -> None:
    """A code that nothing raises would be a promise that nobody keeps."""
    raised = set().union(*citations(CODE).values())

    assert set(CODE.findall(text_of("security-design.md"))) - raised == set()


@pytest.mark.parametrize("code", Exit)
def test_every_exit_code_is_documented(code: Exit) -> None:
    assert f"| {code.value} | `{code.name}` |" in text_of("design.md")


def test_no_exit_code_is_documented_that_does_not_exist() -> None:
    rows = re.findall(r"^\| (\d+) \| `([A-Z_]+)` \|", text_of("design.md"), re.MULTILINE)

    assert {(int(value), name) for value, name in rows} == {(e.value, e.name) for e in Exit}


def test_the_commands_are_those_that_exist() -> None:
    """A reader may type what the page lists; what is planned is named apart."""
    page = text_of("design.md")
    section = page[page.index("## Commands") : page.index("## Exit codes")]
    listed, planned = section.split("*Planned*", 1)
    rows = re.findall(r"^\| (`[^|]+`) \|", listed, re.MULTILINE)
    built = set(get_command(build_app()).commands)  # type: ignore[attr-defined]

    assert {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)} == built
    assert not built & set(re.findall(r"`(\w+)`", planned.split("\n\n", maxsplit=1)[0]))


def test_every_document_named_in_code_exists() -> None:
    missing = {
        name: sorted(gone)
        for name, cited in citations(NAMED_DOC).items()
        if (gone := {each for each in cited if not (ROOT / each).is_file()})
    }

    assert missing == {}


def test_code_cites_pages_of_this_project_only() -> None:
    """A reader has nothing but this repository."""
    assert citations(LOOSE) == {}


def test_every_path_that_a_document_names_exists() -> None:
    """As git sees it: an empty folder of one machine is nothing. What is planned says so."""
    files = [shown(path) for path in project_files()]
    pages = [path for path in project_files() if path.suffix == ".md"]
    missing = {
        shown(path): gone
        for path in pages
        if (
            gone := [
                name
                for name in PATH.findall(path.read_text(encoding="utf-8"))
                if not any(
                    file == name or file.startswith(f"{name.rstrip('/')}/") for file in files
                )
            ]
        )
    }

    assert missing == {}


@pytest.mark.parametrize(
    ("cited", "meant"),
    [("18", {18}), ("18–20", {18, 19, 20}), ("2, 4, 5", {2, 4, 5}), ("24 and 37", {24, 37})],
)
def test_citations_are_read_as_people_write_them(cited: str, meant: set[int]) -> None:
    assert numbers(cited) == meant
    assert CITED.findall(f"see (AWS-RULES {cited}): why") == [cited]


def test_a_citation_without_a_page_is_seen() -> None:
    pages = ("AWS-" + "RULES section 1", "DESIGN" + ".md", "SECURITY" + ".md 1.8")

    assert all(LOOSE.search(page) for page in pages)


def test_every_fault_scenario_is_a_test() -> None:
    """By its number in the test's name; and no test claims a scenario that there is not."""
    page = text_of("aws-rules.md")
    section = page[page.index("## Fault scenarios") :]
    listed = [int(each) for each in re.findall(r"^(\d+)\. ", section, re.MULTILINE)]
    named = re.compile(r"^def test_scenario_(\d\d)_", re.MULTILINE)
    faults = [path for path in python_files("tests") if path.parent.name == "faults"]
    tests = [path.read_text(encoding="utf-8") for path in faults]

    assert listed == list(range(1, 21))
    assert {int(each) for text in tests for each in named.findall(text)} == set(listed)
