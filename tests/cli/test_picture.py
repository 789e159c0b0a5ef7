"""The README's picture shows what the terminal shows now."""

from tests.kit.picture import PICTURE, draw


def test_the_picture_in_the_docs_is_what_the_live_view_draws() -> None:
    """Stale? Run `python -m tests.kit.picture`."""
    assert PICTURE.read_text() == draw()
