"""What a robot saw and heard, counted at its decoders, as JSON for demo and tests."""

import asyncio
from pathlib import Path

import msgspec
from msgspec import Struct, field

_KEEP_S = 0.1


class PeerCounts(Struct, kw_only=True):
    """One peer over all its peer connections."""

    link: str = "connecting"
    generation: int = 0
    first_frame_s: float = 0.0
    """To the first decoded camera picture, from the door's "admitted" or, of a partner, its first mention; 0 before."""
    frames: int = 0
    screen_frames: int = 0
    audio_packets: int = 0


class Report(Struct, kw_only=True):
    """The file. The sums count all calls; `first_frame_s` is the room's in the first call with a picture."""

    desk: str = ""
    standing: str = ""
    calls: int = 0
    rings: int = 0
    first_frame_s: float = 0.0
    frames: int = 0
    audio_packets: int = 0
    peers: dict[str, PeerCounts] = field(default_factory=dict)
    """`room` and the other partners by name."""

    def of(self, peer: str) -> PeerCounts:
        return self.peers.setdefault(peer, PeerCounts())

    async def keep(self, path: Path) -> None:
        """Writes the file again and again, for who looks on. Never ends."""
        while True:
            self.write(path)
            await asyncio.sleep(_KEEP_S)

    def write(self, path: Path) -> None:
        """Sums up, and writes the file in one step."""
        self.frames = sum(peer.frames for peer in self.peers.values())
        self.audio_packets = sum(peer.audio_packets for peer in self.peers.values())
        self.first_frame_s = self.of("room").first_frame_s
        text = msgspec.json.format(msgspec.json.encode(self), indent=2)
        part = path.with_name(path.name + ".part")
        part.write_bytes(text + b"\n")
        part.replace(path)
