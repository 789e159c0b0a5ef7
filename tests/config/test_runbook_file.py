"""Runbook files are read strictly, and every mistake is told with its line."""

import pytest

from mcm.app.runbook import read
from mcm.config.problems import ConfigError
from mcm.core.runbooks import runbook

HEAD = "---\nname: mend-it\ntitle: Mend it\nwhen: It is broken.\nneeds: [stage]\n---\n"
GOOD = HEAD + (
    "\n## 1. Look\n\nIs {{ stage }} well?\n\n## 2. Act\n\nDoes it.\n\n"
    "```command\nmcm rollback \\\n  --stage {{ stage }}\n```\n\n"
    "## 3. See\n\nSees it.\n\n```check\ntest 1 = 1\nexpect: one is one\n```\n\n"
    "## 4. Ask\n\nAsks.\n\n```prompt\nIs it over?\n```\n\n"
    "## 5. Show\n\nShows.\n\n```command auto\nmcm status\n```\n"
)


def wrong(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, "runbooks/mend-it.md")
    return str(caught.value).split("\n")


def test_each_title_is_a_step_and_its_block_says_the_kind() -> None:
    book = read(GOOD, "runbooks/mend-it.md")
    kinds = [(step.number, step.kind, step.auto) for step in book.steps]
    assert kinds == [
        (1, runbook.NOTE, False),
        (2, runbook.COMMAND, False),
        (3, runbook.CHECK, False),
        (4, runbook.PROMPT, False),
        (5, runbook.COMMAND, True),
    ]
    assert book.steps[1].block == "mcm rollback \\\n  --stage {{ stage }}"
    assert (book.steps[2].block, book.steps[2].expects) == ("test 1 = 1", "one is one")
    assert (book.steps[0].line, book.steps[1].block_line) == (8, 16)


def test_all_mistakes_come_at_once_with_their_lines() -> None:
    text = HEAD.replace("when: It is broken.", "whenn: x").replace("[stage]", "[stage, moon]") + (
        "\nhello\n\n## 2. Look\n\n```shell\nls\n```\n\n## 2. See\n\nx\n\n```check\na\nb\n```\n"
    )
    lines = wrong(text)
    assert [line.split(": ")[0] for line in lines] == sorted(
        (line.split(": ")[0] for line in lines), key=lambda p: [int(n) for n in p.split(":")[1:]]
    )
    told = "\n".join(lines)
    for part in (
        "runbooks/mend-it.md:4:1: unknown key `whenn`",
        "moon is no fact",
        "runbooks/mend-it.md:8:1: text before the first step",
        "runbooks/mend-it.md:10:1: this is step 1",
        "runbooks/mend-it.md:12:1: a block of the kind shell",
        "runbooks/mend-it.md:20:1: the check does not say what it expects",
        "runbooks/mend-it.md:20:1: more than one command",
    ):
        assert part in told, told


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("---\nname", "name"), "mend-it.md:1:1: there is no front matter"),
        (("mend-it", "other"), "the file is not called other.md"),
        (("name: mend-it", "name: mend-it\nname: mend-it"), "3:1: `name` is given twice"),
        (("title: Mend it", "title: &a Mend it"), "anchors"),
        (("Is {{ stage }} well?", ""), ":8:1: the step says nothing"),
        (("```command auto\nmcm status\n```", "```command auto\nmcm status"), "is not closed"),
        (("```prompt\nIs it over?", "```prompt"), "the block is empty"),
        (("```command auto", "```prompt\nx\n```\n\n```command auto"), "one block at most"),
        (("{{ stage }} well", "{{ pipeline }} well"), "step 1 uses pipeline: `needs` does not"),
        (("{{ stage }} well", "{{ moon }} well"), "step 1 uses moon: there is no such fact"),
        (("{{ stage }} well", "{{ stage well"), ":10:1: step 1: "),
        (("--stage {{ stage }}", '--stage "{{ stage }}"'), ":16:1: step 2: a fact stands inside"),
        (("[stage]", "[stage, change]"), "`needs` has change, which no step uses"),
    ],
)
def test_a_mistake_is_told(change: tuple[str, str], said: str) -> None:
    text = GOOD.replace(*change, 1)
    assert text != GOOD
    assert said in "\n".join(wrong(text))
