"""Numbers without gaps, kept until they are struck off, never twice for different events."""

import contextlib
import logging
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.broker.spool import Spool
from device.broker.store import Store
from kiosk.contract.mqtt import Clock
from kiosk.runtime.log import Refusals
from tests.fakes.file_limit import no_file_larger_than

AT = datetime(2026, 11, 22, 9, 30, 0, 123000, tzinfo=UTC)


def open_store(path: Path) -> Store:
    return Store(path / "spool.sqlite", Refusals(logging.getLogger("test")))


def append(spool: Spool, kind: str = "fault") -> int:
    return spool.append(kind, {"part": "camera", "count": 1}, AT, Clock.NTP)


async def test_events_come_out_as_they_went_in(tmp_path: Path) -> None:
    """In order, with time, clock and data, and again until they are struck off."""
    with open_store(tmp_path) as store:
        spool = Spool(store)
        assert [append(spool, kind) for kind in ("a", "b", "c")] == [1, 2, 3]
        events = await spool.next(2)
        assert [(event.seq, event.type) for event in events] == [(1, "a"), (2, "b")]
        assert (events[0].time, events[0].clock, events[0].data) == (AT, Clock.NTP, {"part": "camera", "count": 1})
        spool.strike(1)
        assert [event.seq for event in await spool.next(5)] == [2, 3]
        assert len(spool) == 2


async def test_numbers_go_on_after_everything_was_struck_off(tmp_path: Path) -> None:
    """Also in the next life of the process."""
    with open_store(tmp_path) as store:
        spool = Spool(store)
        for _ in range(3):
            spool.strike(append(spool))
        assert await spool.next(5) == []
    with open_store(tmp_path) as store:
        assert append(Spool(store)) == 4


async def test_a_full_spool_drops_the_oldest(tmp_path: Path) -> None:
    """The monitor sees the gap; the disk does not fill."""
    with open_store(tmp_path) as store:
        spool = Spool(store, max_events=3)
        for _ in range(5):
            append(spool)
        assert [event.seq for event in await spool.next(9)] == [3, 4, 5]


def test_what_was_appended_survives_kill_9(tmp_path: Path) -> None:
    """In the same breath: there is no moment after `append` in which the event can be lost with the process."""
    program = (
        "import logging, pathlib, sys, os, signal\n"
        "from tests.unit.device.broker.test_spool import append, open_store\n"
        "from device.broker.spool import Spool\n"
        "spool = Spool(open_store(pathlib.Path(sys.argv[1])))\n"
        "for _ in range(100): append(spool)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[4]
    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=root, check=False, timeout=30)
    assert ended.returncode == -signal.SIGKILL
    with open_store(tmp_path) as store:
        assert len(Spool(store)) == 100
        assert append(Spool(store)) == 101


async def test_a_damaged_file_is_set_aside_and_no_number_comes_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A torn card: the spool begins anew far above every number it may have used."""
    with open_store(tmp_path) as store:
        append(Spool(store))
    (tmp_path / "spool.sqlite").write_bytes(b"no database at all" * 1000)
    with open_store(tmp_path) as store:
        spool = Spool(store)
        assert append(spool) > 1_700_000_000
        assert len(await spool.next(5)) == 1
    assert (tmp_path / "spool.damaged").exists()
    assert "is damaged" in caplog.text


def test_a_file_that_may_not_be_read_is_not_the_file_s_fault(tmp_path: Path) -> None:
    """Another agent, a missing right: the process ends, and nothing is thrown away."""
    (tmp_path / "spool.sqlite").mkdir()
    with pytest.raises(sqlite3.OperationalError):
        open_store(tmp_path)


async def test_a_full_disk_loses_events_and_not_the_room(tmp_path: Path) -> None:
    """Counted; when there is room again the numbers go on without a gap."""
    refusals = Refusals(logging.getLogger("test"))
    with Store(tmp_path / "spool.sqlite", refusals) as store:
        spool = Spool(store)
        append(spool)
        (pages,) = store.read("PRAGMA page_count")[0]
        store.read(f"PRAGMA max_page_count = {pages}")
        lost = 0
        while spool.append("fault", {"part": "x" * 9000}, AT, Clock.NTP) == 0 and lost < 3:
            lost += 1
        assert lost == 3
        assert refusals.counts["store"] >= 3
        store.read("PRAGMA max_page_count = 100000")
        assert append(spool) == 2
        assert [event.seq for event in await spool.next(9)] == [1, 2]


async def test_a_full_disk_that_cannot_take_the_log_back_ends_nobody(tmp_path: Path) -> None:
    """The log has grown, and the database may not: counted, and the events are told all the same."""
    refusals = Refusals(logging.getLogger("test"))
    with Store(tmp_path / "spool.sqlite", refusals) as store:
        spool = Spool(store)
        for _ in range(300):
            spool.append("fault", {"part": "x" * 9000}, AT, Clock.NTP)
        with no_file_larger_than(100_000):
            assert [event.seq for event in await spool.next(2)] == [1, 2]
        assert refusals.counts["store"] == 1


async def test_on_a_full_disk_the_agent_starts_all_the_same(tmp_path: Path) -> None:
    """It knows its numbers, loses what it cannot write, and goes on where it was when there is room again."""
    refusals = Refusals(logging.getLogger("test"))
    with open_store(tmp_path) as store:
        append(Spool(store))
    with contextlib.ExitStack() as stack:
        with no_file_larger_than(0):
            spool = Spool(stack.enter_context(Store(tmp_path / "spool.sqlite", refusals)))
            assert append(spool) == 0
        assert append(spool) == 2
        assert [event.seq for event in await spool.next(9)] == [1, 2]
    with open_store(tmp_path) as store:
        assert len(Spool(store)) == 2
