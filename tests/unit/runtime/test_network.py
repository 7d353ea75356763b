"""A cable that comes back is news, one that goes is not."""

import asyncio
import struct

import pytest

from kiosk.runtime import network


def link(index: int, flags: int) -> bytes:
    """RTM_NEWLINK, as the kernel packs it."""
    body = struct.pack("=BBHiII", 0, 0, 1, index, flags, 0xFFFFFFFF)
    return struct.pack("=IHHII", 16 + len(body), 16, 0, 0, 0) + body


@pytest.mark.parametrize(
    ("data", "is_news"),
    [
        ((link(2, 0x1043),), [True]),
        ((link(2, 0x1003),), [False]),
        ((link(2, 0x1043), link(2, 0x1043)), [True, False]),
        ((link(2, 0x1043), link(2, 0x1003), link(2, 0x1043)), [True, False, True]),
        ((link(2, 0x1003) + link(3, 0x1043),), [True]),
        ((b"\x07\x00\x00\x00" * 4, b"short", b""), [False, False, False]),
    ],
)
def test_only_a_link_that_starts_running_is_news(data: tuple[bytes, ...], is_news: list[bool]) -> None:
    """By index, over several messages in one datagram, and whatever is no message is left alone."""
    running: dict[int, bool] = {}
    assert [network.is_better(one, running) for one in data] == is_news


async def test_watching_starts_and_can_be_ended() -> None:
    """On any machine, also one that does not let us watch."""
    task = asyncio.create_task(network.watch(lambda: None))
    await asyncio.sleep(0)
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)
