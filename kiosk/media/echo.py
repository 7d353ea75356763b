"""A call of the terminal with itself: pictures and sound as they would go to a partner, and back. Opens no device.

Where there is a relay they go through it twice, which shows whether a network that grants an address also lets media
through. Knows the lines of a call; not who asks, nor what follows.
"""

import asyncio
import contextlib
import itertools
import threading
import time
from fractions import Fraction

import av
from aiortc import MediaStreamTrack, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from kiosk.contract.configuration import Codec
from kiosk.contract.errors import MediaError
from kiosk.contract.media import Wish
from kiosk.contract.self_test import Check, CheckResult, Verdict
from kiosk.media.capture.microphone import ToneMicrophone
from kiosk.media.capture.pattern import PatternCamera
from kiosk.media.capture.planes import plane_array
from kiosk.media.capture.source import SAMPLE_RATE_HZ, SAMPLES_PER_READ, Samples
from kiosk.media.engine.connection import Connection
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.outgoing import Feeds
from kiosk.media.engine.surroundings import configuration_with
from kiosk.media.engine.waist import Line
from kiosk.media.playback.voice import Voice
from kiosk.media.rtp.sdp import read_offer
from kiosk.media.sending.content import Content
from kiosk.media.sending.microphone_feed import MicrophoneFeed
from kiosk.media.sending.video_feed import VideoFeed

WIDTH_PX, HEIGHT_PX, FRAMES_PER_SECOND = 320, 180, 12
ENOUGH = 5
"""Pictures each way, and packets of sound."""
WITHIN_S = 5.0
"""By one way; most of it is for ICE and the encoder's start."""
_SOUNDS_A_PICTURE = SAMPLE_RATE_HZ // SAMPLES_PER_READ // FRAMES_PER_SECOND
_CLOCK_HZ = 90_000
_SPREAD = 20.0
"""Of the brightness in the test picture; grey or green ones have less."""


class Echo:
    """One such call, by one way. Use it once."""

    def __init__(
        self, group: asyncio.TaskGroup, codec: Codec, servers: list[RTCIceServer], *, is_relayed: bool
    ) -> None:
        """`servers`: as for any peer connection; with `is_relayed` nothing goes another way."""
        loop = asyncio.get_running_loop()
        how = configuration_with(servers, is_relay_only=is_relayed)
        self._codec = codec
        self._feeds = Feeds(
            VideoFeed(Content.MOTION, FRAMES_PER_SECOND, loop),
            MicrophoneFeed(loop),
            VideoFeed(Content.DETAIL, FRAMES_PER_SECOND, loop),
        )
        self._voice = Voice()
        self._near = Connection(group, how, self._feeds, lambda _: None, self._back, self._voice)
        self._far = RTCPeerConnection(how)
        self._far.on("track", self._receive)
        self._group = group
        self._tasks: list[asyncio.Task[None]] = []
        self._is_over = threading.Event()
        self._failure: MediaError | None = None
        self.connected_s = 0.0
        """0: it was not."""
        self.came = {"audio": 0, "video": 0}
        """At the far end."""
        self.back = 0
        """Pictures that came back."""

    @property
    def is_whole(self) -> bool:
        """Enough came, both ways."""
        return min(self.came["video"], self.came["audio"], self.back) >= ENOUGH

    async def call(self, within_s: float) -> None:
        """Returns when it is whole, or the time is over. Raises MediaError: what we would send cannot be made."""
        begin_s = time.monotonic()
        source = threading.Thread(target=self._send, name="echo", daemon=True)
        try:
            async with asyncio.timeout(within_s):
                await self._meet()
                source.start()
                while not self.is_whole:
                    if self._near.is_up:
                        self.connected_s = self.connected_s or time.monotonic() - begin_s
                    if self._failure is not None:
                        raise self._failure
                    await asyncio.sleep(0.02)
        except TimeoutError:
            pass
        finally:
            self._is_over.set()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(self._near.close(), self._far.close(), *self._tasks, return_exceptions=True)

    async def _meet(self) -> None:
        """The far end offers, as a partner's page does."""
        self._far.addTransceiver(_Made(ToneMicrophone()), "sendrecv")
        self._far.addTransceiver(_Made(_pattern()), "sendrecv")
        self._far.addTransceiver("video", "sendrecv")
        await self._far.setLocalDescription(await self._far.createOffer())
        offer = read_offer(self._far.localDescription.sdp, self._codec, "echo")
        answer = await self._near.answer(offer, "echo")
        self._near.set_gates(Gates(sends_sound=True, sends_camera=True, taken=frozenset({Line.CAMERA})))
        self._near.wish(Wish(camera_px=HEIGHT_PX, screen_px=0))
        await self._far.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    def _send(self) -> None:
        """In a thread, as from a camera and a microphone."""
        camera, microphone = _pattern(), ToneMicrophone()
        camera.open()
        microphone.open()
        try:
            for count in itertools.count():
                if self._is_over.is_set():
                    return
                self._feeds.microphone.take(microphone.read())
                if count % _SOUNDS_A_PICTURE == 0:
                    self._feeds.camera.take(camera.read())
        except MediaError as error:
            self._failure = error

    def _back(self, line: Line, frame: av.VideoFrame) -> None:
        if line is Line.CAMERA and _is_ours(frame):
            self.back += 1

    def _receive(self, track: MediaStreamTrack) -> None:
        self._tasks.append(self._group.create_task(self._count(track), name="echo-count"))

    async def _count(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if not isinstance(frame, av.VideoFrame) or _is_ours(frame):
                    self.came[track.kind] += 1


class _Made(MediaStreamTrack):
    """What the far end sends back: test pictures, or a tone."""

    def __init__(self, source: PatternCamera | ToneMicrophone) -> None:
        self.kind = "video" if isinstance(source, PatternCamera) else "audio"
        super().__init__()
        self._source, self._count = source, 0
        source.open()

    async def recv(self) -> av.VideoFrame | av.AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        made: av.VideoFrame | Samples = await asyncio.to_thread(self._source.read)
        self._count += 1
        if isinstance(made, av.VideoFrame):
            made.pts, made.time_base = self._count * _CLOCK_HZ // FRAMES_PER_SECOND, Fraction(1, _CLOCK_HZ)
            return made
        frame = av.AudioFrame.from_ndarray(made.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = SAMPLE_RATE_HZ, self._count * SAMPLES_PER_READ
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        return frame


def _pattern() -> PatternCamera:
    return PatternCamera(WIDTH_PX, HEIGHT_PX, FRAMES_PER_SECOND)


def _is_ours(frame: av.VideoFrame) -> bool:
    """Whether it is the test picture, and not grey for want of the first."""
    return float(plane_array(frame, 0)[:, : frame.width].std()) >= _SPREAD


async def listen(
    group: asyncio.TaskGroup, codec: Codec, servers: list[RTCIceServer], *, is_relay_only: bool
) -> CheckResult:
    """The self-test's word on calls: by the relay where there is one, and straight where that leads nowhere.

    Raises:
        MediaError: what we would send cannot be made.
    """
    has_relay = any(str(server.urls).startswith("turn") for server in servers)
    ways = [True] if is_relay_only else [True, False] if has_relay else [False]
    reason, figures = "no-connection", {"relayed": 0.0}
    for is_relayed in ways:
        echo = Echo(group, codec, servers, is_relayed=is_relayed)
        await echo.call(WITHIN_S)
        if echo.connected_s:
            reason = "" if echo.is_whole else "no-picture"
            figures = {"relayed": float(is_relayed), "connect_ms": round(echo.connected_s * 1000)}
            figures |= {"pictures_there": float(echo.came["video"]), "pictures_back": float(echo.back)}
        if echo.is_whole:
            break
    if not reason and has_relay and not figures["relayed"]:
        reason = "relay-carries-nothing"
    verdict = Verdict.FAILED if reason else Verdict.PASSED
    return CheckResult(check=Check.CALL, verdict=verdict, reason=reason, figures=figures)
