"""The media process: joins capture, calls and playback, does what the plan says and reports what is."""

import asyncio
import logging
import time
from pathlib import Path

import av
from msgspec.structs import replace

from kiosk.contract.configuration import Configuration
from kiosk.contract.errors import ConfigurationError, LinkError
from kiosk.contract.links import Chime, IceServers, Role, Sound, StartAnew, ToMedia
from kiosk.contract.media import Lamp, Levels, MediaReport, Plan, Sending, Showing, Signal
from kiosk.contract.self_test import CheckResult, Examine, Examined
from kiosk.media import echo
from kiosk.media.capture.capture import Capture
from kiosk.media.capture.choice import camera_of, laptop_of, microphone_of
from kiosk.media.capture.level import LevelMeter
from kiosk.media.capture.source import Samples
from kiosk.media.engine.calls import Calls
from kiosk.media.engine.outgoing import Feeds
from kiosk.media.engine.surroundings import Surroundings
from kiosk.media.engine.waist import Engine, Line
from kiosk.media.examination import Examiner
from kiosk.media.memory import give_back_free
from kiosk.media.playback.chimes import NOTHING, samples_of
from kiosk.media.playback.loudspeaker import Loudspeaker
from kiosk.media.playback.mixer import Mixer
from kiosk.media.playback.voice import Voice
from kiosk.media.screen import Screen
from kiosk.media.sending.content import Content
from kiosk.media.sending.microphone_feed import MicrophoneFeed
from kiosk.media.sending.video_feed import VideoFeed
from kiosk.media.tiles import SELF, Tiles
from kiosk.media.truth import lamp_of, without_counters
from kiosk.runtime import link, network, service
from kiosk.runtime.life import Life, Pulse
from kiosk.runtime.log import Refusals
from kiosk.runtime.tiles import FrameServer

_logger = logging.getLogger(__name__)

_LOOK_S = 0.2
"""How often what changes by itself (a picture that stays away, a lamp) is looked at while anything is open."""
_IDLE_LOOK_S = 10.0
"""While nothing is: for the watchdog only."""
_REPORT_WITHIN_S = 30.0
_COUNTERS_S = 1.0
_WRONG_PEER_PAUSE_S = 1.0
AGENT_GRACE_S = 5.0
"""An agent that was started again is back by then, and nobody has noticed."""
_TIDY_S = 1.0
"""After the last goodbye."""
_CHIME_S = 1.5
"""A short sound and the opening of the loudspeaker."""
SCREEN_FRAMES_PER_SECOND = 15


class Media:
    """All parts of the process. An engine's `Sinks` as well: it alone knows tiles and mixer."""

    def __init__(
        self, configuration: Configuration, group: asyncio.TaskGroup, server: FrameServer, reporting: Pulse
    ) -> None:
        """`reporting` beats with every look at what there is to report, which goes through all parts."""
        self._reporting = reporting
        loop, media = asyncio.get_running_loop(), configuration.media
        self._changed = asyncio.Event()
        self._plan = Plan()
        self._chiming: asyncio.TimerHandle | None = None
        self._leaving_off: asyncio.TimerHandle | None = None
        self._link: link.Link | None = None
        self._refusals = Refusals(_logger)
        self._server = server
        self._tiles, self._mixer = Tiles(server, loop), Mixer()
        self._feeds = Feeds(
            VideoFeed(Content.MOTION, media.frames_per_second, loop),
            MicrophoneFeed(loop),
            VideoFeed(Content.DETAIL, SCREEN_FRAMES_PER_SECOND, loop),
        )
        self._camera = Capture("camera", camera_of(media).make, self._seen, self._capture_changed)
        about = (self._tiles, self._want_camera, self._changed.set)
        self._screen = Screen(laptop_of(media), self._camera, self._feeds.screen, *about)
        self._microphone = Capture("microphone", lambda: microphone_of(media), self._heard, self._changed.set)
        self._loudspeaker = Loudspeaker(media.loudspeaker, self._mixer, self._changed.set)
        around = (group, media.codec, self._feeds, self, self._send_signal, self._changed.set)
        ca_file = configuration.mqtt.ca_file
        surroundings = Surroundings(*around, is_relay_only=media.is_relay_only, ca_file=ca_file)
        self._engine: Engine = Calls(surroundings)
        self._meter = LevelMeter(lambda pct: loop.call_soon_threadsafe(server.tell, Levels(microphone_pct=pct)))

        async def call_itself() -> CheckResult:
            servers = list(surroundings.configuration.iceServers or ())
            return await echo.listen(group, media.codec, servers, is_relay_only=media.is_relay_only)

        self._examiner = Examiner(group, self._camera, self._microphone, self._play, self._send, call_itself)
        server.on_heights = lambda heights: self._engine.show(heights)
        for name, part in (("camera", self._camera), ("microphone", self._microphone), ("speaker", self._loudspeaker)):
            group.create_task(part.run(), name=name)
        group.create_task(self._screen.run(), name="screen")
        group.create_task(network.watch(self._engine.network_changed), name="network")
        group.create_task(self._report_changes(), name="reports")

    async def talk(self, path: Path, uid: int) -> None:
        """Does what the agent says; while it is away, goes on with the last plan, for a moment. Without end."""
        while True:
            try:
                self._link = await link.connect(path, Role.MEDIA, Role.AGENT, uid, self._refusals)
                self._leave_off(None)
                self._link.send(self._report())
                while True:
                    self._take(await self._link.receive(ToMedia))
            except EOFError:
                _logger.info("the agent is gone; calls go on, seen and heard for %g s", AGENT_GRACE_S)
                self._leave_off(AGENT_GRACE_S)
            except LinkError as error:
                self._refusals.note(error)
                await asyncio.sleep(_WRONG_PEER_PAUSE_S)
            finally:
                if self._link:
                    await self._link.close()
                self._link = None

    def _take(self, message: object) -> None:
        match message:
            case Plan():
                self._apply(message)
            case Signal():
                self._engine.take(message)
            case IceServers():
                self._engine.use_servers(message.servers)
            case Chime():
                self._play(message.sound)
            case Examine():
                self._examiner.take(message)
            case StartAnew():
                _logger.info("the agent asks us to start anew")
                service.leave()

    def _leave_off(self, after_s: float | None) -> None:
        """Nobody would tell us of the mute switch or a touch: then nothing may leave the room. None: somebody will."""
        if self._leaving_off:
            self._leaving_off.cancel()
            self._leaving_off = None
        if after_s is not None:
            self._leaving_off = asyncio.get_running_loop().call_later(after_s, self._close_captures)

    def _close_captures(self) -> None:
        _logger.warning("the agent does not come back: camera, microphone and screen are closed until it does")
        self._apply(replace(self._plan, camera=Sending.OFF, microphone=Sending.OFF, screen=Showing.NOTHING))

    def _apply(self, plan: Plan) -> None:
        if self._plan.peers and not plan.peers:
            asyncio.get_running_loop().call_later(_TIDY_S, give_back_free)
        self._plan = plan
        self._engine.apply(plan)  # first: gates close before devices do
        self._examiner.apply(plan)
        self._screen.apply(plan)
        self._want_camera()
        self._microphone.want(plan.microphone is not Sending.OFF)
        self._mixer.set_volume(plan.volume_pct)
        self._mixer.set_hearing(self._is_hearing)
        self._want_loudspeaker()
        self._changed.set()

    def _want_camera(self) -> None:
        self._camera.want(self._plan.camera is not Sending.OFF or self._screen.needs_camera)

    @property
    def _is_hearing(self) -> bool:
        return bool(self._plan.peers) and not self._plan.is_paused

    def _want_loudspeaker(self) -> None:
        self._loudspeaker.want(self._is_hearing or self._chiming is not None)

    def _play(self, sound: Sound) -> None:
        """Also where nobody is in the call: the loudspeaker is open for as long as the sound may take."""
        if self._chiming:
            self._chiming.cancel()
        self._mixer.chime(samples_of(sound))
        self._chiming = asyncio.get_running_loop().call_later(_CHIME_S, self._end_chime)
        self._want_loudspeaker()

    def _end_chime(self) -> None:
        """What was not heard by now (there is no loudspeaker) must not be heard later."""
        self._chiming = None
        self._mixer.chime(NOTHING)
        self._want_loudspeaker()

    def _seen(self, frame: av.VideoFrame) -> None:
        if self._plan.camera is not Sending.OFF:  # else it is open for a still only
            self._tiles.write(SELF, frame)
            self._feeds.camera.take(frame)
            self._examiner.seen(frame)

    def _heard(self, samples: Samples) -> None:
        self._feeds.microphone.take(samples)
        self._meter.hear(samples)
        self._examiner.heard(samples)

    def _capture_changed(self) -> None:
        if not self._camera.is_open:
            self._tiles.drop(SELF)
        self._changed.set()

    def picture(self, call: str, line: Line, frame: av.VideoFrame) -> None:
        self._tiles.write(f"{call}/{line}", frame)

    def voice(self, call: str) -> Voice:
        return self._mixer.voice(call)

    def no_pictures(self, call: str) -> None:
        self._tiles.drop(f"{call}/{Line.CAMERA}")
        self._tiles.drop(f"{call}/{Line.SCREEN}")

    def gone(self, call: str) -> None:
        self.no_pictures(call)
        self._mixer.drop(call)

    def _send_signal(self, signal: Signal) -> None:
        self._send(signal)

    def _send(self, message: Signal | Examined) -> None:
        if self._link:
            self._link.send(message)

    async def _report_changes(self) -> None:
        said, counted_s = MediaReport(), 0.0
        while True:
            report = self._report()
            self._reporting.beat(_REPORT_WITHIN_S)
            is_counting = bool(report.peers) and time.monotonic() - counted_s >= _COUNTERS_S
            if self._link and (is_counting or without_counters(report) != said):
                said, counted_s = without_counters(report), time.monotonic()
                self._link.send(report)
            is_idle = not report.peers and report.camera is report.microphone is report.screen is Lamp.OFF
            try:
                async with asyncio.timeout(_IDLE_LOOK_S if is_idle else _LOOK_S):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()

    def _report(self) -> MediaReport:
        plan = self._plan
        lamps = {}
        for name, capture, wanted, feed in (
            ("camera", self._camera, plan.camera, self._feeds.camera),
            ("microphone", self._microphone, plan.microphone, self._feeds.microphone),
        ):
            lamps[name] = lamp_of(
                wanted,
                is_open=capture.is_open,
                is_live=capture.is_live,
                has_fault=capture.reason is not None,
                is_gate_open=wanted is Sending.ON and not plan.is_paused,
                last_sent_s=feed.last_sent_s,
            )
        return MediaReport(
            camera=lamps["camera"],
            camera_reason=self._camera.reason,
            microphone=lamps["microphone"],
            microphone_reason=self._microphone.reason,
            loudspeaker_reason=self._loudspeaker.reason,
            camera_name=self._camera.name,
            microphone_name=self._microphone.name,
            loudspeaker_name=self._loudspeaker.name,
            screen=self._screen.lamp,
            screen_reason=self._screen.reason,
            has_laptop=self._screen.has_laptop,
            encoder=self._feeds.camera.encoder_name,
            engine=self._engine.name,
            lost_room=self._engine.lost_room,
            peers=self._engine.reports(),
            refused=self._engine.refused + self._refusals.total + self._server.refused,
        )

    async def close(self) -> None:
        """Says goodbye to the peers."""
        await self._engine.close()


async def serve(configuration: Configuration, life: Life) -> None:
    """Runs the process until it is cancelled."""
    links = configuration.links
    try:
        agent_uid, ui_uid = link.uid_of(links.agent_user), link.uid_of(links.ui_user)
    except LinkError as error:
        raise ConfigurationError(error.detail) from None
    server = FrameServer(ui_uid)
    opened = service.listen_sockets().get("frames")
    async with server.listen(opened or links.frames_socket), asyncio.TaskGroup() as group:
        media = Media(configuration, group, server, life.pulse("reports", _REPORT_WITHIN_S))
        give_back_free()  # what the imports left
        service.settle()
        service.ready()
        try:
            await media.talk(links.media_socket, agent_uid)
        finally:
            await media.close()
