"""Text that wants to be more than text, and records with it in one place of many."""

from dataclasses import replace
from functools import cache
from typing import Any

from mcm.core.commits.commit_range import GitCommit, Links, build_range
from mcm.core.history import closing
from mcm.core.history.journal import chain_all
from mcm.core.history.state import Closing
from mcm.core.revision import Revision
from mcm.core.windows.hours import Hours
from mcm.record.build import build_view
from mcm.record.render import render_record
from tests.record.story import CHANGE, Teller, plan, promoted, statements

PLAIN = "harmless"
PAYLOADS = (
    "## Approved by bob",
    "- [x] reviewed",
    "1. first",
    "1) first",
    "> quoted",
    "**bold** and _italic_ and __more__",
    "| a | b |",
    "|---|---|",
    "`code` and ``` fence",
    "~~~ fence",
    "<script>alert(1)</script>",
    "<!-- hidden",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "</td></table></main><style>*{display:none}</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;b&#62; &amp;amp; &nbsp;",
    '" onmouseover="alert(1)" x=\'',
    "<a href='javascript:alert(1)'>x</a>",
    "[x](data:text/html,<script>alert(1)</script>)",
    "<details open ontoggle=alert(1)>",
    "<![CDATA[ x ]]> <?php x ?> <!DOCTYPE x>",
    "![beacon](https://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "[ref]: https://evil.example",
    "[^1]: note",
    "<https://evil.example>",
    "https://evil.example/a?b=c www.evil.example a@evil.example",
    "@team please merge #1",
    "=====",
    "-----",
    "a\n\n# Heading on its own line",
    "a\r\n| row | row |",
    "    indented code",
    "\tindented code",
    "back\\slash \\* \\| &lt;b&gt; &#35;",
    "{{ 7*7 }}",
    "{% include 'x' %}{% for a in b %}",
    "{{ record.__class__.__mro__ }}",
    "\x1b[2J\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    "\u202edesrever\u202c and \u200bzero\ufeff",
    "~~gone~~ $x^2$ :smile:",
    "a) b. c: d; e, f? g! (h) i_j i-j it's 5% 1.5 02:30 a/b x. 1. 2)",
    "+ item",
    "* item",
    "***",
    "a  ",
    "]( ) ][",
)

PLAN = plan()


def facts(text: str) -> dict[str, Any]:
    said = {"by": text, "text": " ".join(text.split())}
    return {"stage": text, "operator": text, "detail": text, "plan": "", "edition": 1, **said}


@cache
def page(place: str, text: str) -> str:
    """Return a record with `text` in one place, and in no other."""
    of, change = PLAN, CHANGE
    story = promoted(of)
    if place == "commit":
        of = replace(of, revisions=(Revision("App", "e5", text, ""),), ranges=())
    elif place == "commit link":
        of = replace(of, revisions=(Revision("App", "e5", "a commit", text),), ranges=())
    elif place.startswith("range"):
        author, subject = (text, "one") if place == "range author" else ("Bob", text)
        one = GitCommit("e5", (), author, subject, "")
        links = Links(text, text) if place == "range link" else Links()
        found = build_range("App", [one], links=links, notes=[text])
        of = replace(of, ranges=(replace(found, unknown=text),) if "why" in place else (found,))
    elif place == "package":
        of = replace(of, packages=(replace(of.packages[0], name=text, before=text),))
    elif place == "title":
        of = replace(of, title=text)
    elif place == "answer":
        of = replace(of, answers=(replace(of.answers[0], text=text),))
    elif place == "alarm name":
        stage = of.stages[0]
        rail = replace(stage.guardrails[0], params={"names": [text], "silent_ok": []})
        of = replace(of, stages=(replace(stage, guardrails=(rail,)),))
    elif place == "stage name":
        of = replace(of, stages=(replace(of.stages[0], name=text),))
        story = Teller()
    elif place == "window name":
        stage = of.stages[0]
        assert stage.window is not None
        window = replace(stage.window.windows[0], name=text)
        of = replace(of, stages=(replace(stage, window=Hours((window,))),))
    elif place == "closing":
        story.drafts.append(closing.closed(Closing(text, text, text, "", story.drafts[-1].at, 1)))
    elif place == "reason":
        story.tell("person_needed", stage="prod-us", reason=text)
    elif place != "key":
        story.tell(place.removeprefix("entry "), **facts(text))
    said = tuple(replace(each, key=text) for each in statements(of)) if place == "key" else ()
    entries = chain_all(None, story.drafts)
    return render_record(build_view(change, of, entries=entries, statements=said))


PLACES = (
    "commit",
    "commit link",
    "range subject",
    "range author",
    "range link",
    "range why unknown",
    "package",
    "title",
    "answer",
    "alarm name",
    "stage name",
    "window name",
    "reason",
    "key",
    "entry noted",
    "closing",
    "entry walk_started",
    "entry moon_rose",
)
