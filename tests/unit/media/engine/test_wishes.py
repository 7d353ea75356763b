"""When a peer hears how tall its pictures are shown."""

import asyncio

from kiosk.contract.media import Wish
from kiosk.media.engine.wishes import PAUSE_S, Wishes


class Peer:
    """Hears."""

    def __init__(self) -> None:
        self.heard: list[Wish] = []
        self._news = asyncio.Event()

    def hear(self, wish: Wish) -> None:
        self.heard.append(wish)
        self._news.set()

    async def next(self) -> Wish:
        async with asyncio.timeout(2 * PAUSE_S):
            await self._news.wait()
        self._news.clear()
        return self.heard[-1]


async def test_a_layout_that_moves_is_told_once():
    """Its end, after a pause; and not at all where it makes no difference."""
    peer = Peer()
    wishes = Wishes(peer.hear)
    wishes.change(Wish(camera_px=720))
    wishes.begin()
    assert peer.heard == [Wish(camera_px=720)]
    for px in (600, 300, 190, 150):
        wishes.change(Wish(camera_px=px))
    peer._news.clear()
    assert await peer.next() == Wish(camera_px=150)
    wishes.change(Wish(camera_px=180))
    wishes.change(Wish(camera_px=600))
    assert await peer.next() == Wish(camera_px=600)
    assert len(peer.heard) == 3
    wishes.close()


async def test_what_appears_is_told_at_once():
    """Nobody waits for a picture because a layout might move."""
    peer = Peer()
    wishes = Wishes(peer.hear)
    wishes.change(Wish(camera_px=720, screen_px=0))
    wishes.begin()
    wishes.change(Wish(camera_px=150, screen_px=600))
    assert peer.heard[-1] == Wish(camera_px=150, screen_px=600)
    wishes.close()


async def test_a_new_connection_hears_everything_again():
    """It knows nothing of what the one before was told; before the screen has said anything there is nothing to say."""
    peer = Peer()
    wishes = Wishes(peer.hear)
    wishes.begin()
    assert peer.heard == []
    wishes.change(Wish(camera_px=0))
    await peer.next()
    wishes.begin()
    assert peer.heard == [Wish(camera_px=0)] * 2
    wishes.close()
