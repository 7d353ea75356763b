"""The lines that a peer connection sends: one track a line for its life, fed by what all peers share."""

from typing import NamedTuple

from aiortc import RTCRtpSender

from kiosk.contract.configuration import Codec
from kiosk.contract.media import Wish
from kiosk.media.engine.gates import Gates
from kiosk.media.engine.waist import Line
from kiosk.media.rtp import feedback, sender_report, steering
from kiosk.media.sending import clock
from kiosk.media.sending.microphone_feed import MicrophoneFeed
from kiosk.media.sending.packets import PacketTrack
from kiosk.media.sending.video_encoder import TIME_BASE
from kiosk.media.sending.video_feed import VideoFeed
from kiosk.media.sending.video_track import VideoTrack


class Feeds(NamedTuple):
    """What is sent to every peer."""

    camera: VideoFeed
    microphone: MicrophoneFeed
    screen: VideoFeed


class Outgoing:
    """Loop's thread only. Nothing is sent before `set_gates`."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._sound: PacketTrack | None = None
        self._pictures: dict[Line, VideoTrack] = {}

    @property
    def audio_packets_sent(self) -> int:
        return self._sound.sent if self._sound else 0

    @property
    def frames_sent(self) -> int:
        """Of the camera."""
        track = self._pictures.get(Line.CAMERA)
        return track.sent if track else 0

    @property
    def screen_frames_sent(self) -> int:
        track = self._pictures.get(Line.SCREEN)
        return track.sent if track else 0

    def attach(self, sender: RTCRtpSender, line: Line, codec: Codec) -> None:
        """Feed this sender, before it connects; sound is always Opus, whatever `codec`."""
        if line is Line.MICROPHONE:
            self._sound = PacketTrack("audio", lambda: None)
            self._feeds.microphone.add(self._sound)
            sender.replaceTrack(self._sound)
            sender_report.install(sender, self._feeds.microphone.now)
            steering.of(sender.transport).attach(sender, None)
        else:
            feed = self._feed(line)
            self._pictures[line] = track = feed.track(codec)
            sender.replaceTrack(track)
            feedback.install(sender, codec, track.ask_keyframe, track.limit)
            sender_report.install(sender, lambda: clock.now(TIME_BASE.denominator))
            steering.of(sender.transport).attach(sender, track, is_screen=line is Line.SCREEN)

    def _feed(self, line: Line) -> VideoFeed:
        return self._feeds.camera if line is Line.CAMERA else self._feeds.screen

    def set_gates(self, gates: Gates) -> None:
        """What is sent from now on."""
        if self._sound:
            self._sound.set_open(gates.sends_sound)
        for line, track in self._pictures.items():
            track.set_open(gates.sends_camera if line is Line.CAMERA else gates.sends_screen)

    def wish(self, wish: Wish) -> None:
        """How tall the peer shows what is sent to it."""
        for line, track in self._pictures.items():
            track.wish(wish.camera_px if line is Line.CAMERA else wish.screen_px)

    def stop(self) -> None:
        """Nothing is sent any more from this moment."""
        self.set_gates(Gates())
        if self._sound:
            self._feeds.microphone.discard(self._sound)
        for line, track in self._pictures.items():
            self._feed(line).discard(track)
