"""A feed with several peers: two layers, and who gets which."""

import asyncio

import av

from kiosk.contract.configuration import Codec
from kiosk.media.capture.pattern import PatternCamera
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet
from kiosk.media.sending.pressure import Pressure
from kiosk.media.sending.sizes import Layer
from kiosk.media.sending.video_feed import VideoFeed
from kiosk.media.sending.video_track import VideoTrack


class Peer:
    """A track, and what has come over it."""

    def __init__(self, feed: VideoFeed) -> None:
        self.track: VideoTrack = feed.track(Codec.VP8)
        self.track.set_open(True)
        self.packets: list[Packet] = []
        self.task = asyncio.create_task(self._take())

    async def _take(self) -> None:
        while True:
            self.packets.append(await self.track.recv())

    def widths(self) -> list[int]:
        """Of the pictures that came, as a decoder sees them."""
        decoder = av.CodecContext.create("vp8", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        return [frame.width for packet in self.packets for frame in decoder.decode(av.Packet(bytes(packet)))]


class Round:
    """A feed of 1280x720 and its peers."""

    def __init__(self, content: Content = Content.MOTION, rate: int = 20) -> None:
        self.feed = VideoFeed(content, rate, asyncio.get_running_loop(), lambda: Pressure(lambda: False))
        self._camera = PatternCamera(1280, 720, 100_000)
        self._camera.open()
        self._frame = self._camera.read()

    async def show(self, count: int) -> None:
        """So many pictures; what they become is taken before this returns."""
        for _ in range(count):
            self.feed.take(self._frame)
            for _ in range(4):
                await asyncio.sleep(0)

    def layers(self) -> set[Layer]:
        return {layer for _, layer in self.feed._streams}


async def test_each_layer_is_encoded_only_while_somebody_gets_it() -> None:
    """The number of peers does not count; one whose tile is small gets the small layer from its keyframe on."""
    found = Round()
    peers = [Peer(found.feed) for _ in range(3)]
    await asyncio.sleep(0)
    await found.show(3)
    assert found.layers() == {Layer.LARGE}
    peers[0].track.wish(300)
    await found.show(4)
    assert found.layers() == {Layer.LARGE, Layer.SMALL}
    for peer in peers[1:]:
        peer.track.wish(0)
    await found.show(2)
    assert found.layers() == {Layer.SMALL}
    counts = [len(peer.packets) for peer in peers]
    await found.show(3)
    assert [len(peer.packets) - count for peer, count in zip(peers, counts, strict=True)] == [3, 0, 0]
    widths = peers[0].widths()
    assert (widths[0], widths[-1]) == (1280, 640)
    assert widths == sorted(widths, reverse=True)
    assert set(peers[1].widths()) == {1280}


async def test_a_layer_is_changed_without_a_gap_or_a_double() -> None:
    """Times go on, one picture each, back and forth."""
    found = Round()
    peer = Peer(found.feed)
    await asyncio.sleep(0)
    for wish_px in (720, 200, 720, 200):
        peer.track.wish(wish_px)
        peer.track.budget_bps = 3_000_000
        await found.show(5)
    times = [packet.pts or 0 for packet in peer.packets]
    assert len(times) == 20
    assert times == sorted(set(times))
    assert {640, 1280} == set(peer.widths())


async def test_a_narrow_way_does_not_drag_the_others_down() -> None:
    """It gets the small layer at its own rate; theirs stays as it was."""
    found = Round()
    wide, narrow = Peer(found.feed), Peer(found.feed)
    await asyncio.sleep(0)
    wide.track.budget_bps, narrow.track.budget_bps = 2_000_000, 300_000
    await found.show(5)
    streams = {layer: stream for (_, layer), stream in found.feed._streams.items()}
    rates = {layer: stream._encoder.bitrate_bps for layer, stream in streams.items() if stream._encoder}
    assert rates[Layer.SMALL] == 300_000
    assert rates[Layer.LARGE] > 1_500_000
    assert narrow.track.layer is Layer.SMALL


async def test_who_wishes_to_see_again_gets_a_keyframe() -> None:
    """And nothing before it."""
    found = Round()
    other, peer = Peer(found.feed), Peer(found.feed)
    await asyncio.sleep(0)
    await found.show(2)
    peer.track.wish(0)
    await found.show(2)
    before = len(peer.packets)
    peer.track.wish(720)
    stream = found.feed._streams[Codec.VP8, Layer.LARGE]
    stream._keyframe_s = 0.0
    await found.show(2)
    assert [packet.is_keyframe for packet in peer.packets[before:]] == [True, False]
    assert len(other.packets) == 6


async def test_detail_is_never_scaled() -> None:
    """Whatever the rate and the wish; pictures are left out instead, but a keyframe that somebody needs comes."""
    found = Round(Content.DETAIL, 15)
    peer = Peer(found.feed)
    await asyncio.sleep(0)
    peer.track.budget_bps = 100_000
    peer.track.wish(200)
    await found.show(30)
    assert set(peer.widths()) == {1280}
    assert found.layers() == {Layer.LARGE}
    stream = found.feed._streams[Codec.VP8, Layer.LARGE]
    stream._owed_until_s += 100
    before = len(peer.packets)
    await found.show(3)
    assert len(peer.packets) == before
    stream._keyframe_s = 0.0
    peer.track.ask_keyframe()
    await found.show(3)
    assert [packet.is_keyframe for packet in peer.packets[before:]] == [True]
