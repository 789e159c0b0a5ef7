"""Links by the form of an address; what is not known gets none, and no secret gets out."""

import pytest

from mcm.core.commits.commit_link import links_of_remote, links_of_revisions
from mcm.core.commits.commit_range import Links
from mcm.core.revision import Revision

GITHUB = Links(
    "https://github.com/shop/app/commit/{id}", "https://github.com/shop/app/pull/{number}"
)
CODECOMMIT = (
    "https://us-east-1.console.aws.amazon.com/codesuite/codecommit/repositories/app/commit/{id}"
)


@pytest.mark.parametrize(
    ("address", "links"),
    [
        ("git@github.com:shop/app.git", GITHUB),
        ("https://github.com/shop/app", GITHUB),
        ("https://alice:token@github.com/shop/app.git", GITHUB),
        ("ssh://git@github.com:22/shop/app.git", GITHUB),
        (
            "git@gitlab.example.com:group/sub/app.git",
            Links(
                "https://gitlab.example.com/group/sub/app/-/commit/{id}",
                "https://gitlab.example.com/group/sub/app/-/merge_requests/{number}",
            ),
        ),
        (
            "git@bitbucket.org:shop/app.git",
            Links(
                "https://bitbucket.org/shop/app/commits/{id}",
                "https://bitbucket.org/shop/app/pull-requests/{number}",
            ),
        ),
        ("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app", Links(CODECOMMIT)),
        (
            "ssh://APKAEXAMPLE@git-codecommit.us-east-1.amazonaws.com/v1/repos/app",
            Links(CODECOMMIT),
        ),
        ("codecommit::us-east-1://profile@app", Links(CODECOMMIT)),
        ("codecommit://app", Links()),
        ("git@git.example.com:shop/app.git", Links()),
        ("/srv/git/app.git", Links()),
        ("https://github.com/shop", Links()),
        ("https://evilgithub.com/shop/app", Links()),
        ("https://github.com/shop/app)[x](https://evil.example", Links()),
        ("git@github.com:" + "a/" * 100_000, Links()),
        ("", Links()),
    ],
)
def test_a_remote_is_known_by_its_form(address: str, links: Links) -> None:
    assert links_of_remote(address) == links


ID = "a" * 40


@pytest.mark.parametrize(
    ("url", "links"),
    [
        (f"https://github.com/shop/app/commit/{ID}", GITHUB),
        (f"https://git.example.com/app/c/{ID}", Links("https://git.example.com/app/c/{id}")),
        (
            f"https://us-east-1.console.aws.amazon.com/codecommit/home#/repository/app/commit/{ID}",
            Links(CODECOMMIT),
        ),
        (f"{CODECOMMIT.replace('{id}', ID)}?region=us-east-1", Links(CODECOMMIT)),
        ("https://github.com/shop/app/commit/other", Links()),
        (f"javascript:alert(1)//{ID}", Links()),
        (f"https://x.example/{{id}}/{ID}", Links()),
        ("", Links()),
    ],
)
def test_the_address_of_a_revision_tells_those_of_its_range(url: str, links: Links) -> None:
    assert links_of_revisions("App", [Revision("App", ID, "", url)]) == links


def test_another_source_tells_nothing() -> None:
    url = f"https://github.com/shop/app/commit/{ID}"
    assert links_of_revisions("Infra", [Revision("App", ID, "", url)]) == Links()
