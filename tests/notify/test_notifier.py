"""Sending never holds up who sends, and never raises."""

import threading
from datetime import UTC, datetime, timedelta

from mcm.core.plans.service import Channel
from mcm.notify.message import Message
from mcm.notify.notifier import QUEUE, Notifier

AT = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
SNS = Channel("sns", "arn:topic", ())
LONG, NONE = timedelta(seconds=10), timedelta(0)


def message(event: str, *, urgent: bool = False) -> Message:
    return Message(event, "CM-1", "prod-us", "what", "why", (), AT, urgent)


class Topic:
    """A topic whose first message waits until it is let through."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.began = threading.Event()
        self.subjects: list[str] = []

    def publish(self, topic: str, subject: str, text: str) -> None:
        self.began.set()
        self.let.wait(10)
        self.subjects.append(subject.split()[-2])


class Failures:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def __call__(self, channel: str, why: str) -> None:
        self.seen.append((channel, why))


def test_messages_go_out_in_order_and_urgent_ones_first() -> None:
    topic, failures = Topic(), Failures()
    notifier = Notifier([SNS], failures, environ={}, publish=topic.publish)

    notifier.send(message("first"))
    assert topic.began.wait(10)
    for event in ("second", "third"):
        notifier.send(message(event))
    notifier.send(message("urgent", urgent=True))
    topic.let.set()

    assert notifier.close(LONG)
    assert topic.subjects == ["first", "urgent", "second", "third"]
    assert failures.seen == []


def test_a_channel_that_hangs_holds_up_neither_the_walk_nor_the_others() -> None:
    """`close` gives up on it and says so."""
    topic, failures, sent = Topic(), Failures(), threading.Event()

    def publish(arn: str, subject: str, text: str) -> None:
        if arn == "arn:slow":
            topic.publish(arn, subject, text)
        else:
            sent.set()

    channels = [Channel("sns", "arn:slow", ()), Channel("sns", "arn:quick", ())]
    notifier = Notifier(channels, failures, environ={}, publish=publish)
    notifier.send(message("breach"))

    assert sent.wait(10)
    assert topic.began.wait(10)
    assert not notifier.close(NONE)
    assert ("sns arn:slow", "still sending when mcm ended") in failures.seen
    topic.let.set()


def test_a_failure_is_reported_and_the_next_message_still_goes_out() -> None:
    failures, calls = Failures(), []

    def publish(arn: str, subject: str, text: str) -> None:
        calls.append(subject)
        if len(calls) == 1:
            raise RuntimeError("denied")

    notifier = Notifier([SNS], failures, environ={}, publish=publish)
    notifier.send(message("first"))
    notifier.send(message("second"))

    assert notifier.close(LONG)
    assert len(calls) == 2
    assert failures.seen == [("sns arn:topic", "first not sent: RuntimeError: denied")]


def test_a_callback_that_fails_stops_nothing() -> None:
    calls: list[str] = []

    def complain(channel: str, why: str) -> None:
        calls.append(why)
        raise RuntimeError("nobody listens")

    notifier = Notifier([SNS], complain, environ={})
    notifier.send(message("first"))
    notifier.send(message("second"))

    assert notifier.close(LONG)
    assert len(calls) == 2


def test_a_full_queue_drops_and_says_so_but_takes_what_is_urgent() -> None:
    topic, failures = Topic(), Failures()
    notifier = Notifier([SNS], failures, environ={}, publish=topic.publish)
    notifier.send(message("first"))
    assert topic.began.wait(10)

    for _ in range(QUEUE + 1):
        notifier.send(message("more"))
    notifier.send(message("urgent", urgent=True))
    topic.let.set()

    assert notifier.close(LONG)
    assert failures.seen == [("sns arn:topic", f"{QUEUE} messages wait already: more dropped")]
    assert topic.subjects[:2] == ["first", "urgent"]
    assert len(topic.subjects) == QUEUE + 2


def test_without_channels_there_is_nothing_to_wait_for() -> None:
    notifier = Notifier([], Failures(), environ={})
    notifier.send(message("breach"))

    assert notifier.close(NONE)
