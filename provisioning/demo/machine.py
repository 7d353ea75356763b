"""What this machine has: a webcam, sound. Looks, but opens no stream."""

import fcntl
import os
import socket
import struct
from pathlib import Path

_VIDIOC_QUERYCAP = 0x80685600
"""`_IOR('V', 0, struct v4l2_capability)`, see videodev2.h."""
_CAPABILITY = struct.Struct("16s32s32sIII3I")
_V4L2_CAP_VIDEO_CAPTURE = 0x1


def webcam() -> str:
    """The first device that delivers pictures, empty when there is none."""
    for device in sorted(Path("/dev").glob("video*"), key=lambda path: (len(path.name), path.name)):
        if _captures(device):
            return str(device)
    return ""


def _captures(device: Path) -> bool:
    try:
        descriptor = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        answer = fcntl.ioctl(descriptor, _VIDIOC_QUERYCAP, bytes(_CAPABILITY.size))
        capabilities = _CAPABILITY.unpack(answer)[5]  # of this device node, not of the whole card
        return bool(capabilities & _V4L2_CAP_VIDEO_CAPTURE)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def has_network() -> bool:
    """Whether a peer connection finds an address beside 127.0.0.1, which ICE does not offer. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # TEST-NET-1, RFC 5737
        except OSError:
            return False
        return True


def has_sound() -> bool:
    """Whether a sound server runs for this user, or the kernel knows a sound card."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    if (runtime / "pipewire-0").exists() or (runtime / "pulse" / "native").exists():
        return True
    cards = Path("/proc/asound/cards")
    return cards.exists() and "no soundcards" not in cards.read_text()
