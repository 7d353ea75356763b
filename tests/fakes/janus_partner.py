"""A round on a real Janus, made as the agent makes it, and partners of plain aiortc who take part in it."""

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator, Callable
from typing import Any

import av
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

from kiosk.contract.errors import MediaServerError
from kiosk.contract.links import MediaServer
from kiosk.contract.media import PlannedPeer, Seat
from kiosk.runtime.janus import Event, Handle, Jsep, Session, connected
from tests.fakes.media_bench import Picture, Voice
from tests.fakes.patience import PATIENCE_S


class JanusRound:
    """Two rooms; `seat` makes places in them."""

    def __init__(self, server: MediaServer, handle: Handle) -> None:
        self._server, self._handle = server, handle
        self._secret = secrets.token_hex(16)
        self.room, self.sound_room = secrets.token_hex(16), secrets.token_hex(16)

    async def make(self) -> None:
        """As the agent does it: private, by token only, subscriptions belong to a publisher, no picture among sound."""
        for room, codecs in ((self.room, "vp8,h264"), (self.sound_room, "")):
            what = {"room": room, "secret": self._secret, "admin_key": self._server.key, "allowed": ["nobody"]}
            how = {"is_private": True, "require_pvtid": True, "publishers": 12, "bitrate": 2_500_000}
            await self._handle.request({"request": "create", **what, **how, "audiocodec": "opus", "videocodec": codecs})

    async def seat(self, *, has_picture: bool = True, feed: str = "") -> Seat:
        """A new place, in the room with pictures or in the one without."""
        room = self.room if has_picture else self.sound_room
        seat = Seat(url=self._server.url, room=room, token=secrets.token_hex(16), feed=feed or secrets.token_hex(16))
        await self._ask(room, request="allowed", action="add", allowed=[seat.token])
        return seat

    async def put_out(self, seat: Seat) -> None:
        """The token is no good any more, and who came by it is kicked."""
        await self._ask(seat.room, request="allowed", action="remove", allowed=[seat.token])
        await self._ask(seat.room, request="kick", id=seat.feed)

    async def feeds(self) -> set[str]:
        """Who publishes in the room with pictures."""
        said = await self._ask(self.room, request="listparticipants")
        return {one["id"] for one in said.data["participants"] if one["publisher"]}

    async def _ask(self, room: str, **body: Any) -> Event:
        return await self._handle.request({**body, "room": room, "secret": self._secret})


@contextlib.asynccontextmanager
async def round_on(server: MediaServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[JanusRound]:
    """Its rooms go with the server."""
    async with connected(server.url, tls=tls) as session:
        round = JanusRound(server, await session.attach(lambda event: None))
        await round.make()
        yield round


class JanusPartner:
    """Publishes, and subscribes to whom the test names. `async with` ends it."""

    def __init__(self, seat: Seat, call: str, *, has_screen: bool = False, tls: ssl.SSLContext | None = None) -> None:
        self.seat, self._tls = seat, tls
        self.planned = PlannedPeer(call=call, feed=seat.feed)
        self._has_screen = has_screen
        self._stack = contextlib.AsyncExitStack()
        self._session: Session | None = None
        self._private_id = 0
        self.handle: Handle | None = None
        self.pc = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.received: dict[str, RTCPeerConnection] = {}
        self.frames = 0
        """Pictures that came, of everybody."""
        self.samples = 0
        """Blocks of 20 ms of sound that came."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()

    async def __aenter__(self) -> "JanusPartner":
        self._session = await self._stack.enter_async_context(connected(self.seat.url, tls=self._tls))
        self.handle = await self._session.attach(lambda event: self._hear(self.pc, event))
        seat = self.seat
        body = {"request": "join", "ptype": "publisher", "room": seat.room, "id": seat.feed, "token": seat.token}
        joined = await self.handle.request(body)
        self._private_id = joined.data["private_id"]
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(self.pc.close(), *(pc.close() for pc in self.received.values()))
        await self._stack.aclose()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def publish(self, *, has_picture: bool = True) -> None:
        """Microphone, camera and screen as mids 0, 1 and 2."""
        assert self.handle
        self.pc.addTransceiver(self._voice(), "sendonly")
        if has_picture:
            self.pc.addTransceiver(self._picture(100), "sendonly")
            self.pc.addTransceiver(self._picture(200) if self._has_screen else "video", "sendonly")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await self.handle.request({"request": "publish"}, self._offer())
        assert answer.jsep
        await self.pc.setRemoteDescription(RTCSessionDescription(answer.jsep.sdp, "answer"))

    def _offer(self) -> Jsep:
        return Jsep(type="offer", sdp=self.pc.localDescription.sdp)

    def _voice(self) -> MediaStreamTrack:
        return Voice()

    def _picture(self, luma: int) -> MediaStreamTrack:
        return Picture(luma=luma)

    async def publish_anew(self) -> None:
        """The path is lost, and mended."""
        assert self.handle
        await self.pc.close()
        with contextlib.suppress(MediaServerError):  # it may have noticed by itself
            await self.handle.request({"request": "unpublish"})
        self.pc = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        await self.publish()

    async def subscribe(self, feed: str, timeout_s: float = PATIENCE_S) -> None:
        """To everything of a feed, as soon as it is there."""
        assert self._session
        pc = self.received[feed] = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        pc.on("track", self._receive)
        handle = await self._session.attach(lambda event: self._hear(pc, event))
        body = {"request": "join", "ptype": "subscriber", "room": self.seat.room, "private_id": self._private_id}
        async with asyncio.timeout(timeout_s):
            while True:
                try:
                    offer = await handle.request({**body, "streams": [{"feed": feed}]})
                    break
                except MediaServerError:
                    await asyncio.sleep(0.05)  # nothing announces to a test that the room publishes
        assert offer.jsep
        await pc.setRemoteDescription(RTCSessionDescription(offer.jsep.sdp, "offer"))
        await pc.setLocalDescription(await pc.createAnswer())
        await handle.request({"request": "start"}, Jsep(type="answer", sdp=pc.localDescription.sdp))

    def _hear(self, pc: RTCPeerConnection, event: Event) -> None:
        if event.kind == "trickle" and "candidate" in event.data.get("candidate", {}):
            self._begin(_add_candidate(pc, event.data["candidate"]))

    def _receive(self, track: MediaStreamTrack) -> None:
        self._begin(self._count(track))

    def _begin(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _count(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if isinstance(frame, av.VideoFrame):
                    self.frames += 1
                else:
                    self.samples += 1
                async with self._news:
                    self._news.notify_all()

    async def until(self, holds: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Waits for a frame after which this holds."""
        try:
            async with asyncio.timeout(timeout_s), self._news:
                await self._news.wait_for(holds)
        except TimeoutError:
            raise AssertionError(f"{self.frames} pictures, {self.samples} sounds after {timeout_s} s") from None


async def _add_candidate(pc: RTCPeerConnection, said: dict[str, Any]) -> None:
    candidate = candidate_from_sdp(said["candidate"].removeprefix("candidate:"))
    candidate.sdpMid = str(said.get("sdpMid", said["sdpMLineIndex"]))
    if pc.signalingState == "have-local-offer" or not pc.getTransceivers():
        described = asyncio.Event()
        pc.on("signalingstatechange", described.set)
        async with asyncio.timeout(5):
            await described.wait()
    await pc.addIceCandidate(candidate)
