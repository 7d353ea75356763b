"""What waits for the broker: the outbox says once and in order, the mirror says how it is now."""

import asyncio
import logging
from pathlib import Path

import pytest

from device.broker import client
from device.broker.connection import Post
from device.broker.mirror import Mirror
from device.broker.outbox import FRESH_S, MAX_POSTS, Outbox
from device.broker.store import Store
from kiosk.contract.errors import BrokerError
from kiosk.runtime.log import Refusals


class Wire:
    """In the place of a connection: keeps what was posted, answers when it is told to."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self._answers: list[asyncio.Future[str]] = []
        self.is_cut = False

    def post(self, post: Post) -> "asyncio.Future[str]":
        if self.is_cut:
            raise BrokerError("cut")
        self.posts.append(post)
        self._answers.append(asyncio.get_running_loop().create_future())
        return self._answers[-1]

    async def answer(self, refusal: str = "") -> None:
        """For everything posted so far."""
        for answer in self._answers:
            if not answer.done():
                answer.set_result(refusal)
        await asyncio.sleep(0)

    @property
    def said(self) -> list[tuple[str, bytes]]:
        return [(post.topic, post.payload) for post in self.posts]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def post(number: int) -> Post:
    return Post(topic=f"t/{number}", payload=b"x")


@pytest.fixture
def refusals() -> Refusals:
    return Refusals(logging.getLogger("test"))


async def test_the_outbox_holds_what_is_said_without_a_broker(refusals: Refusals) -> None:
    """In order, once the broker is there; what was acknowledged is not said again."""
    outbox, first, second = Outbox(refusals), Wire(), Wire()
    outbox.put(post(1))
    outbox.put(post(2))
    outbox.attach(first.post)
    outbox.put(post(3))
    assert [topic for topic, _ in first.said] == ["t/1", "t/2", "t/3"]
    await first.answer()
    assert len(outbox) == 0
    outbox.put(post(4))
    outbox.detach()
    outbox.attach(second.post)
    assert [topic for topic, _ in second.said] == ["t/4"]


async def test_old_words_are_not_said(refusals: Refusals) -> None:
    """A ring of a minute ago would startle somebody for nothing."""
    clock, wire = Clock(), Wire()
    outbox = Outbox(refusals, clock)
    outbox.put(post(1))
    clock.now = FRESH_S
    outbox.put(post(2))
    clock.now = FRESH_S + 1
    outbox.attach(wire.post)
    assert [topic for topic, _ in wire.said] == ["t/2"]


async def test_what_may_be_read_later_is_said_later(refusals: Refusals) -> None:
    """The answer to a command is good for a day, also behind words that nobody wants any more."""
    clock, wire = Clock(), Wire()
    outbox = Outbox(refusals, clock)
    outbox.put(Post(topic="ack/1", payload=b"x", expiry_s=3600))
    outbox.put(post(1))
    outbox.put(Post(topic="ack/2", payload=b"x", expiry_s=600))
    clock.now = 601
    outbox.attach(wire.post)
    assert [topic for topic, _ in wire.said] == ["ack/1"]


async def test_a_full_outbox_drops_the_oldest(refusals: Refusals) -> None:
    """A broker that is away must not fill our memory."""
    outbox, wire = Outbox(refusals), Wire()
    for number in range(MAX_POSTS + 2):
        outbox.put(post(number))
    outbox.attach(wire.post)
    assert len(wire.said) == MAX_POSTS
    assert wire.said[0][0] == "t/2"


async def test_a_connection_that_ends_in_the_middle_loses_nothing(refusals: Refusals) -> None:
    """What could not be posted goes out over the next one."""
    outbox, dying, next_ = Outbox(refusals), Wire(), Wire()
    outbox.attach(dying.post)
    dying.is_cut = True
    outbox.put(post(1))
    outbox.put(post(2))
    outbox.attach(next_.post)
    assert [topic for topic, _ in next_.said] == ["t/1", "t/2"]


async def test_a_refused_message_is_counted_and_dropped(refusals: Refusals) -> None:
    """The broker's rules forbid it: saying it again is of no use."""
    outbox, wire = Outbox(refusals), Wire()
    outbox.attach(wire.post)
    outbox.put(post(1))
    await wire.answer("Not authorized")
    assert len(outbox) == 0
    assert refusals.total == 1


async def test_the_mirror_says_the_latest_once(tmp_path: Path, refusals: Refusals) -> None:
    """Ten changes without a broker are one message; the same again is none."""
    with Store(tmp_path / "s", refusals) as store:
        mirror, wire = Mirror(store, refusals), Wire()
        for number in range(10):
            mirror.keep("state", str(number).encode())
        mirror.attach(wire.post)
        mirror.keep("state", b"9")
        assert wire.said == [("state", b"9")]
        assert wire.posts[0].is_retained


async def test_every_connection_gets_everything(tmp_path: Path, refusals: Refusals) -> None:
    """The broker may have lost its memory; what was taken back and acknowledged is no longer spoken of."""
    with Store(tmp_path / "s", refusals) as store:
        mirror, first, second = Mirror(store, refusals), Wire(), Wire()
        mirror.attach(first.post)
        mirror.keep("a", b"1")
        mirror.keep("b", b"2")
        mirror.keep("b", b"")
        await first.answer()
        mirror.detach()
        mirror.attach(second.post)
        assert second.said == [("a", b"1")]


async def test_alerts_can_be_said_before_all_else(tmp_path: Path, refusals: Refusals) -> None:
    """Those that are raised; where somebody uses our name there may be no time for more. A cut wire is told."""
    with Store(tmp_path / "s.sqlite", refusals) as store:
        mirror, wire = Mirror(store, refusals), Wire()
        for topic, payload in (("t/state/call", b"1"), ("t/alert/a", b"2"), ("t/alert/b", b"3"), ("t/alert/b", b"")):
            mirror.keep(topic, payload)
        mirror.alarm(wire.post)
        assert wire.said == [("t/alert/a", b"2")]
        assert wire.posts[0].is_retained
        wire.is_cut = True
        with pytest.raises(BrokerError):
            mirror.alarm(wire.post)


async def test_topics_of_an_earlier_life_are_taken_back(tmp_path: Path, refusals: Refusals) -> None:
    """Unless this life wishes them, too."""
    with Store(tmp_path / "s", refusals) as store:
        before = Mirror(store, refusals)
        before.keep("alert/help", b"1")
        before.keep("info", b"2")
    with Store(tmp_path / "s", refusals) as store:
        mirror, wire = Mirror(store, refusals), Wire()
        mirror.keep("info", b"3")
        mirror.attach(wire.post)
        assert sorted(wire.said) == [("alert/help", b""), ("info", b"3")]
        await wire.answer()
    with Store(tmp_path / "s", refusals) as store:
        wire = Wire()
        Mirror(store, refusals).attach(wire.post)
        assert wire.said == [("info", b"")]


def test_pauses_grow_with_full_jitter() -> None:
    """The first tries come within a second, later ones are spread over up to a minute."""
    for failures in (1, 2, 3):
        assert all(0.3 <= client.pause_s(failures) <= 1.0 for _ in range(100))
    late = [client.pause_s(20) for _ in range(500)]
    assert min(late) >= 1.0
    assert max(late) <= 60.0
    assert max(late) - min(late) > 40.0
