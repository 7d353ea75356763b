"""What is called alive, and what systemd is told of it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk.runtime import service
from kiosk.runtime.life import Life


class Hours:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_part_is_missing_from_the_moment_its_beat_is_due() -> None:
    """Before the first beat as well as after the last."""
    clock = Hours()
    life = Life(clock)
    broker, _tick = life.pulse("broker", 60), life.pulse("tick", 10)
    clock.now_s += 9
    assert life.missing() == ()
    broker.beat(120)
    clock.now_s += 60
    assert life.missing() == ("tick",)
    clock.now_s += 61
    assert life.missing() == ("broker", "tick")
    broker.beat(1)
    assert life.missing() == ("tick",)


def test_a_part_that_rests_is_not_missed_until_it_beats_again() -> None:
    """A dark screen draws nothing, and that is no fault."""
    clock = Hours()
    life = Life(clock)
    frames = life.pulse("frames", 10)
    frames.rest()
    clock.now_s += 1e6
    assert life.missing() == ()
    frames.beat(20)
    clock.now_s += 21
    assert life.missing() == ("frames",)


@contextlib.asynccontextmanager
async def told(path: Path, monkeypatch: pytest.MonkeyPatch, life: Life) -> AsyncIterator[asyncio.StreamReader]:
    """What the watchdog tells systemd, one line a message."""
    reader, loop = asyncio.StreamReader(), asyncio.get_running_loop()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path / "notify"))
        sock.setblocking(False)
        loop.add_reader(sock, lambda: reader.feed_data(sock.recv(4096) + b"\n"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000")
        task = asyncio.create_task(service.watchdog(life))
        try:
            yield reader
        finally:
            task.cancel()
            loop.remove_reader(sock)


async def _next(reader: asyncio.StreamReader) -> str:
    async with asyncio.timeout(5):
        return (await reader.readline()).decode().strip()


async def test_systemd_hears_nothing_good_while_a_part_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told what is missing, in words for `systemctl status`, and asked to act; all is well when it is back."""
    clock = Hours()
    life = Life(clock)
    part = life.pulse("broker", 10)
    async with told(tmp_path, monkeypatch, life) as reader:
        assert await _next(reader) == "WATCHDOG=1"
        clock.now_s += 11
        while (said := await _next(reader)) == "WATCHDOG=1":  # said before
            pass
        assert said == "STATUS=no sign of life from: broker"
        assert await _next(reader) == "WATCHDOG=trigger"
        part.beat(10)
        while await _next(reader) in (said, "WATCHDOG=trigger"):
            pass


async def test_without_parts_it_is_enough_that_the_loop_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for the desk server."""
    async with told(tmp_path, monkeypatch, Life()) as reader:
        assert [await _next(reader) for _ in range(3)] == ["WATCHDOG=1"] * 3
