"""Where commits and pull requests can be seen in a browser, from the address of a repository.

Known by their form: GitHub, GitLab and Bitbucket (also on hosts of one's own whose name
says so) and CodeCommit. Any other git server is a plain one and gets no link: a guessed
address leads nowhere. Names of users, passwords and tokens in an address are dropped.
"""

import re
from collections.abc import Sequence

from mcm.core.commits.commit_range import Links
from mcm.core.revision import Revision

_PATH = r"(?P<path>[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)+)/?"
_HOST = r"(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
_REMOTES = (
    re.compile(rf"(?:https?|ssh|git)://(?:[^@/\s]*@)?{_HOST}(?::\d+)?/{_PATH}", re.ASCII),
    re.compile(rf"(?:[A-Za-z0-9._-]+@)?{_HOST}:{_PATH}", re.ASCII),  # git@host:owner/name
)
_REGION, _NAME = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)", r"(?P<name>[A-Za-z0-9._-]+)"
_CODECOMMIT = (
    re.compile(
        rf"(?:https|ssh)://(?:[^@/\s]*@)?git-codecommit\.{_REGION}\.amazonaws\.com/v1/repos/{_NAME}",
        re.ASCII,
    ),
    re.compile(rf"codecommit::{_REGION}://(?:[A-Za-z0-9._-]+@)?{_NAME}", re.ASCII),
    re.compile(
        rf"https://{_REGION}\.console\.aws\.amazon\.com/(?:codesuite/)?codecommit/"
        rf"(?:repositories|home[^#]*#/repository)/{_NAME}/commit/.*",
        re.ASCII,
    ),
)
_PLAIN = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?/[A-Za-z0-9._~/%+-]*", re.ASCII)
_LONGEST = 400


def links_of_remote(address: str) -> Links:
    """Return the links of the repository that a git remote's `address` names; else none."""
    if len(address) > _LONGEST:
        return Links()
    for pattern in _CODECOMMIT:
        if found := pattern.fullmatch(address):
            return _codecommit(found)
    found = next((hit for each in _REMOTES if (hit := each.fullmatch(address))), None)
    return _hosted(found["host"].lower(), found["path"]) if found else Links()


def links_of_revisions(name: str, revisions: Sequence[Revision]) -> Links:
    """Return the links that AWS's own address of a package's revision tells; else none."""
    revision = next((each for each in revisions if each.source == name), None)
    if revision is None or len(revision.url) > _LONGEST:
        return Links()
    for pattern in _CODECOMMIT:
        if found := pattern.fullmatch(revision.url):
            return _codecommit(found)
    if len(revision.id) < 7 or not revision.url.endswith(revision.id):
        return Links()
    base = revision.url.removesuffix(revision.id)
    known = re.fullmatch(rf"https://{_HOST}/{_PATH}/(?:-/)?commits?/", base, re.ASCII)
    hosted = _hosted(known["host"].lower(), known["path"]) if known else Links()
    address = f"{base}{{id}}"
    own = Links(address) if _PLAIN.fullmatch(base) else Links()
    return hosted if hosted.commit else own


def _hosted(host: str, path: str) -> Links:
    path = path.removesuffix(".git")
    web = f"https://{host}/{path}"
    labels = set(host.split("."))
    if "github" in labels and path.count("/") == 1:
        return Links(f"{web}/commit/{{id}}", f"{web}/pull/{{number}}")
    if "gitlab" in labels:
        return Links(f"{web}/-/commit/{{id}}", f"{web}/-/merge_requests/{{number}}")
    if host == "bitbucket.org" and path.count("/") == 1:
        return Links(f"{web}/commits/{{id}}", f"{web}/pull-requests/{{number}}")
    return Links()


def _codecommit(found: re.Match[str]) -> Links:
    region, name = found["region"], found["name"]
    console = f"https://{region}.console.aws.amazon.com/codesuite/codecommit/repositories"
    return Links(f"{console}/{name}/commit/{{id}}")
