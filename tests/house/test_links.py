"""Links between the documents lead somewhere."""

import re
from pathlib import Path

from tests.house.tree import ROOT, project_files, shown

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
DOCS = [p for p in project_files() if p.suffix == ".md" and "templates" not in p.parts]


def anchors(text: str) -> set[str]:
    """Return the names that headings can be linked by, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} +(.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def broken(path: Path) -> list[str]:
    """Return the links of one document that lead nowhere in this project."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    wrong = []
    for link in (first or second for first, second in LINK.findall(text)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            wrong.append(link)
    return wrong


def test_every_link_in_the_documents_resolves() -> None:
    assert {shown(path): found for path in DOCS if (found := broken(path))} == {}


def test_every_decision_record_has_the_three_parts_and_is_listed() -> None:
    """A record that the architecture page does not name is not found."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    records = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))

    assert len(records) >= 8
    for path in records:
        parts = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], shown(path)
        assert f"adr/{path.name}" in page, shown(path)


def test_the_architecture_page_stays_short() -> None:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")

    assert len(page.splitlines()) <= 200


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    """Both kinds: a file that is not there, and a heading that is not there."""
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](gone.md) [b](#one) [c](#two) [d](https://example.com)\n")

    assert broken(page) == ["gone.md", "#two"]
