"""Whatever comes from the broker: the good is passed on, the rest is refused and counted by its kind of topic."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from device.broker.answers import Answers
from device.broker.commands import Commands
from device.broker.connection import Arrival
from device.broker.store import Store
from device.documents import Documents
from device.from_partners import FromPartners
from device.inbox import Inbox
from device.seals import Seals
from device.signals import Signals
from kiosk.consultation import events
from kiosk.contract import codec
from kiosk.contract.directory import DeskPresence, Presence
from kiosk.contract.links import IceServers, MediaServers
from kiosk.contract.mqtt import ConfigState
from kiosk.contract.state import State
from kiosk.runtime.log import Refusals
from tests.fakes.file_limit import no_file_larger_than

ROOT = "rundtisch/v1"
ME = f"{ROOT}/terminals/nord.r1"
STATE = State(now=datetime(2026, 11, 22, 9, 30, tzinfo=UTC), key="x")
WORD = DeskPresence(state=Presence.FREE, since=STATE.now)


class Scene:
    """An inbox with everything behind it but the hub."""

    def __init__(self, directory: Path, store: Store, refusals: Refusals) -> None:
        self.refusals = refusals
        self.events: list[events.Event] = []
        self.relays: list[IceServers] = []
        self.media_servers: list[MediaServers] = []
        self.config: list[ConfigState] = []
        signals = Signals(lambda: STATE, lambda _: None, lambda *_: None)
        self.documents = Documents(directory, self.events.append, self.config.append)
        commands = Commands("nord.r1", {}, Answers(store), lambda *_: None, refusals)
        partners = FromPartners(lambda: STATE, self.events.append, Seals(), signals)
        self.inbox = Inbox(
            self.documents,
            commands,
            partners,
            self.events.append,
            self.relays.append,
            self.media_servers.append,
            refusals,
        )

    def take(self, topic: str, payload: bytes, **fields: Any) -> None:
        self.inbox.take(Arrival(topic=topic, payload=payload, **fields))


@pytest.fixture
def scene(tmp_path: Path):
    refusals = Refusals(logging.getLogger("test"))
    with Store(tmp_path / "spool.sqlite", refusals) as store:
        yield Scene(tmp_path, store, refusals)


@pytest.mark.parametrize(
    "payload", [b"{", b"[]", b"7", b"\xff\xfe", b"[" * 50_000, b'{"version": "x", "state": 7, "servers": 7}']
)
@pytest.mark.parametrize(
    ("topic", "source"),
    [
        (f"{ROOT}/directory", "directory"),
        (f"{ME}/desired/schedule", "schedule"),
        (f"{ME}/desired/ice-servers", "topic ice-servers"),
        (f"{ME}/desired/media-servers", "topic media-servers"),
        (f"{ME}/desired/wallpaper", "topic desired"),
        (f"{ROOT}/desks/youth-1/presence", "topic presence"),
        (f"{ROOT}/desks/youth-1/terminal/nord.r1/knock", "desk knock"),
        (f"{ROOT}/desks/youth-1/terminal/nord.r1/ring-answer", "desk ring-answer"),
        (f"{ROOT}/desks/youth-1/terminal/nord.r1/leave", "desk leave"),
        (f"{ROOT}/desks/youth-1/terminal/nord.r1/sealed", "desk sealed"),
        (f"{ROOT}/desks/youth-1/terminal/nord.r1/kaya", "desk other"),
        (f"{ROOT}/desks/Frau Kaya/presence", "topic other"),
        (f"{ROOT}/desks/youth-1/terminal", "topic other"),
        (f"{ME}/command/Ping/1", "topic command"),
        (f"{ROOT}/all/command/ping/{'x' * 65}", "topic command"),
        ("somewhere/else", "topic other"),
    ],
)
def test_malformed_input_is_counted_by_kind_of_topic(scene: Scene, topic: str, source: str, payload: bytes) -> None:
    """Nothing happens, and no desk, person or word of the payload is in the count."""
    scene.take(topic, payload)
    assert scene.refusals.counts == {source: 1}
    assert scene.events == []
    assert scene.relays == []
    assert scene.media_servers == []


def test_oversized_payloads_are_refused(scene: Scene) -> None:
    """A document may be as large as the screen's link can carry, any other message as large as the broker's."""
    scene.take(f"{ME}/desired/schedule", b'{"version": 1, "x": "' + b"x" * 100_000 + b'"}')
    scene.take(f"{ROOT}/desks/youth-1/presence", b" " * 300_000)
    assert scene.refusals.counts == {"schedule": 1, "topic presence": 1}


@pytest.mark.parametrize(("expiry_s", "valid_s"), [(None, 90.0), (17, 17.0)])
def test_presence_is_valid_for_the_rest_of_its_expiry(scene: Scene, expiry_s: int | None, valid_s: float) -> None:
    """As the broker says, else 90 s."""
    scene.take(f"{ROOT}/desks/youth-1/presence", codec.encode(WORD), expiry_s=expiry_s)
    assert scene.events == [events.PresenceChanged(desk="youth-1", presence=WORD, valid_s=valid_s)]


def test_what_is_taken_back_is_taken_back(scene: Scene) -> None:
    """An empty retained payload: no presence, no relays, an empty schedule; none of it is an error."""
    scene.take(f"{ROOT}/desks/youth-1/presence", b"")
    scene.take(f"{ME}/desired/ice-servers", b"")
    scene.take(f"{ME}/desired/media-servers", b"")
    scene.take(f"{ME}/desired/schedule", b"")
    assert scene.events == [
        events.PresenceChanged(desk="youth-1", presence=None),
        events.ScheduleChanged(document=b"{}"),
    ]
    assert scene.relays == [IceServers()]
    assert scene.media_servers == [MediaServers()]
    assert scene.refusals.total == 0


def test_the_same_document_again_is_no_news(scene: Scene) -> None:
    """After every connect the broker sends what it has; only its age on disk begins anew."""
    for _ in range(3):
        scene.take(f"{ME}/desired/schedule", b'{"version": 4}')
    assert len(scene.events) == 1
    assert [config.schedule_version for config in scene.config] == [4]


def test_a_full_disk_keeps_no_schedule_from_the_room(scene: Scene, tmp_path: Path) -> None:
    """It is in force, and written down as soon as it is said again and there is room."""
    schedule = b'{"version": 4}'
    with no_file_larger_than(0):
        scene.take(f"{ME}/desired/schedule", schedule)
    assert scene.events == [events.ScheduleChanged(document=schedule)]
    assert [config.schedule_version for config in scene.config] == [4]
    scene.take(f"{ME}/desired/schedule", schedule)
    assert (tmp_path / "schedule.json").read_bytes() == schedule


def test_a_file_that_vanished_is_written_again(scene: Scene, tmp_path: Path) -> None:
    """The broker says the same as before: nothing new for the room, but for the next start."""
    schedule = b'{"version": 4}'
    for _ in range(2):
        scene.take(f"{ME}/desired/schedule", schedule)
        (tmp_path / "schedule.json").unlink()
    scene.take(f"{ME}/desired/schedule", schedule)
    assert (tmp_path / "schedule.json").read_bytes() == schedule
    assert len(scene.events) == 1


def test_a_document_that_cannot_be_read_keeps_nobody_from_starting(scene: Scene, tmp_path: Path) -> None:
    """The card has a bad place there; the broker says it again."""
    (tmp_path / "schedule.json").mkdir()
    (tmp_path / "directory.json").write_bytes(b'{"version": 7}')
    scene.documents.load()
    assert scene.events == [events.DirectoryChanged(document=b'{"version": 7}')]
