"""Text of others as Markdown source that shows exactly that text.

`mcm.core.sanitize.markdown` makes every ASCII punctuation mark an entity. People read the
source of a record too, in a review, so marks are put back where they can mean nothing:
each pattern below names the neighbours that rule out every reading as markup in
CommonMark and GFM. What is not surely harmless stays an entity.
"""

import re

from mcm.core import sanitize

_LIMIT = 2000
_HARMLESS = re.compile(
    r"(?<=[A-Za-z0-9])&#45;(?=[A-Za-z0-9])"  # hyphen inside a word
    r"|(?<=[A-Za-z0-9])&#39;(?=[A-Za-z])"  # apostrophe
    r"|(?<=[A-Za-z])&#(?:44|46|58|59|63);(?=\s|\Z)"  # , . : ; ? after a word
    r"|(?<=[A-Za-z][0-9])&#(?:41|46);(?=\s|\Z)"  # v7. is no number
    r"|(?<=[A-Za-z0-9] )&#45;(?= [A-Za-z0-9])"  # a dash between words
    r"|(?<=[A-Za-z0-9])&#95;(?=[A-Za-z0-9])"  # underscore inside a word
    r"|(?<=\s)&#40;(?=[A-Za-z0-9])|(?<=[A-Za-z])&#41;(?=\s|\Z)"  # brackets around words
    r"|(?<=[0-9])&#(?:44|58|59);(?=\s|\Z)"  # a number, where `.` and `)` begin a list
    r"|(?<=[0-9])&#(?:46|58);(?=[0-9])"  # 1.5 and 02:30
    r"|(?<=[A-Za-z0-9])&#47;(?=[A-Za-z0-9])"  # slash inside a word
    r"|(?<=[0-9])&#37;(?=\s|\Z)"  # 5 %
)
_ENTITY = re.compile(r"&#(\d+);")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]*", re.ASCII)
_COMMAND = re.compile(r"[!-_a-~](?:[ -_a-~]*[!-_a-~])?", re.ASCII)  # all but the backquote
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9._~/%+-]*", re.ASCII)
_PICTURE = re.compile(r"graphs/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.svg", re.ASCII)


def text(value: str, limit: int = _LIMIT) -> str:
    """Return one line of Markdown that renders as `value`, at most `limit` characters of it."""
    return _HARMLESS.sub(_mark, sanitize.markdown(value, limit))


def code(value: str) -> str:
    """Return an id as a code span; one with characters that ids do not have, as text."""
    return f"`{value}`" if _PLAIN_ID.fullmatch(value) and len(value) <= 200 else text(value)


def command(value: str) -> str:
    """Return a command as a code span, where no mark means anything; not for a table."""
    return f"`{value}`" if _COMMAND.fullmatch(value) and len(value) <= _LIMIT else text(value)


def link(label: str, url: str) -> str:
    """Return a link if `url` is plain https without query, else `label` alone as text."""
    return f"[{text(label)}]({url})" if is_plain_address(url) else text(label)


def is_plain_address(url: str) -> bool:
    """Say whether `url` is plain https: no user, query or fragment, and not endless."""
    return len(url) <= 500 and _URL.fullmatch(url) is not None


def image(alt: str, path: str) -> str:
    """Return a picture that lies beside the record, else `alt` alone as text."""
    return f"![{text(alt)}]({path})" if is_picture(path) else text(alt)


def is_picture(path: str) -> bool:
    """Say whether `path` is that of a picture beside a record, and of nothing else."""
    return _PICTURE.fullmatch(path) is not None


def _mark(found: re.Match[str]) -> str:
    return _ENTITY.sub(lambda entity: chr(int(entity.group(1))), found.group())
