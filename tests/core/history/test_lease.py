"""What a lease says to people."""

from datetime import UTC, datetime, timedelta

from mcm.core.history.lease import Driver

NOON = datetime(2026, 3, 18, 14, 2, tzinfo=UTC)


def test_a_driver_of_another_day_is_told_with_the_day() -> None:
    driver = Driver("alice", "mcm deploy", 123, "laptop", NOON)

    assert driver.text(NOON).startswith("since 14:02Z by alice")
    assert driver.text(NOON + timedelta(days=1)).startswith("since 18 Mar 14:02Z by alice")


def test_what_it_wrote_reads_back() -> None:
    driver = Driver("alice", "mcm deploy", 123, "laptop", NOON)

    assert Driver.from_value(driver.to_value()) == driver


def test_what_others_wrote_is_cleaned() -> None:
    driver = Driver("al\x1b[2Jice", "mcm\ndeploy", 123, "lap\ttop", NOON)

    assert "\x1b" not in driver.text()
    assert "\n" not in driver.text()
