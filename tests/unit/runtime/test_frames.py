"""The frame ring and the way its descriptor takes from one process to the other."""

import fcntl
import mmap
import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from kiosk.contract.errors import MalformedError
from kiosk.runtime.frames import ColourMatrix, ColourRange, Frame, FrameRingReader, FrameRingWriter, Picture


def picture(width: int, height: int, value: int, stride: int = 0, timestamp_ns: int = 0) -> Picture:
    """A picture of one value."""
    stride = stride or width
    chroma = memoryview(bytes([value]) * (stride // 2 * ((height + 1) // 2)))
    luma = memoryview(bytes([value]) * (stride * height))
    return Picture((luma, chroma, chroma), width, height, stride, stride // 2, timestamp_ns)


@pytest.fixture
def writer() -> Iterator[FrameRingWriter]:
    ring = FrameRingWriter(320, 180)
    yield ring
    ring.close()


def whole(frame: Frame | None) -> Frame:
    assert frame is not None
    assert frame.is_whole
    return frame


def test_the_newest_picture_is_read_in_place(writer: FrameRingWriter) -> None:
    """Size, strides, time and colour arrive with the planes, and the planes are the writer's memory."""
    reader = FrameRingReader(writer.fd)
    assert reader.latest() is None
    writer.write(picture(320, 180, 1))
    seventh = picture(300, 170, 7, stride=320, timestamp_ns=6)
    writer.write(seventh._replace(colour_range=ColourRange.FULL, matrix=ColourMatrix.BT709))
    frame = whole(reader.latest())
    assert frame[:5] == (2, 300, 170, 320, 160)
    assert (frame.timestamp_ns, frame.colour_range, frame.matrix) == (6, ColourRange.FULL, ColourMatrix.BT709)
    assert [set(bytes(plane)) for plane in frame.planes] == [{7}, {7}, {7}]
    assert all(plane.readonly for plane in frame.planes)


def test_a_picture_that_was_overwritten_is_not_whole(writer: FrameRingWriter) -> None:
    """Three pictures later the slot belongs to another one, and `is_whole` says so."""
    reader = FrameRingReader(writer.fd)
    writer.write(picture(320, 180, 1))
    frame = whole(reader.latest())
    writer.write(picture(320, 180, 2))
    writer.write(picture(320, 180, 3))
    assert frame.is_whole
    writer.write(picture(320, 180, 4))
    assert not frame.is_whole


def test_odd_sizes_keep_their_last_line(writer: FrameRingWriter) -> None:
    """Chroma of an odd height has half a line more, not less."""
    reader = FrameRingReader(writer.fd)
    writer.write(picture(101, 51, 9, stride=128))
    frame = whole(reader.latest())
    assert [len(plane) for plane in frame.planes] == [128 * 51, 64 * 26, 64 * 26]


def test_what_does_not_fit_is_refused_by_the_writer(writer: FrameRingWriter) -> None:
    """A grown picture needs a new ring."""
    with pytest.raises(ValueError, match="does not fit"):
        writer.write(picture(640, 360, 1))
    assert not writer.has_room_for(picture(640, 360, 1))


def test_the_reader_can_neither_write_nor_resize(writer: FrameRingWriter) -> None:
    """The seals hold for everybody who has the descriptor."""
    with pytest.raises(PermissionError):
        mmap.mmap(writer.fd, writer.size)
    with pytest.raises(PermissionError):
        os.ftruncate(writer.fd, 0)
    with pytest.raises(PermissionError):
        os.ftruncate(writer.fd, writer.size * 2)
    with pytest.raises(PermissionError):
        fcntl.fcntl(writer.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    with pytest.raises(PermissionError):
        os.pwrite(writer.fd, b"x", 0)


def test_a_file_that_may_shrink_is_refused() -> None:
    """Reading behind the end of a file that has shrunk would kill the app (SIGBUS)."""
    fd = os.memfd_create("ring", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, 4096 + 3 * 64)
    with pytest.raises(MalformedError, match="seals"):
        FrameRingReader(fd)
    with open(__file__, "rb") as plain, pytest.raises(MalformedError, match="no memory file"):
        FrameRingReader(plain.fileno())


def forged(patch: bytes, at: int, size: int = 4096 + 3 * 64_064) -> int:
    """A ring, well sealed, written by somebody who means harm; `patch` is laid over its bytes."""
    fd = os.memfd_create("ring", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    memory = mmap.mmap(fd, size)
    memory[:24] = struct.pack("<8sIIQ", b"RTFRAMES", 1, 3, 64_064)
    memory[at : at + len(patch)] = patch
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, 0x17)
    return fd


@pytest.mark.parametrize(
    ("patch", "at", "size"),
    [
        (b"XXXXXXXX", 0, 4096 + 3 * 64_064),
        (struct.pack("<I", 2), 8, 4096 + 3 * 64_064),
        (struct.pack("<I", 4), 12, 4096 + 3 * 64_064),
        (struct.pack("<Q", 2**63), 16, 4096 + 3 * 64_064),
        (b"", 0, 4096),
        (b"", 0, 4096 + 3 * 64_064 + 8),
        (b"", 0, 4096 + 3 * 64 * 2**20),
    ],
)
def test_a_forged_head_is_refused(patch: bytes, at: int, size: int) -> None:
    """Whatever the head says, the size of the file decides."""
    with pytest.raises(MalformedError):
        FrameRingReader(forged(patch, at, size))


@pytest.mark.parametrize(
    "numbers",
    [
        (0, 100, 200, 100, 0, 0),
        (200, 0, 200, 100, 0, 0),
        (201, 100, 200, 100, 0, 0),
        (200, 100, 200, 99, 0, 0),
        (200, 214, 200, 100, 0, 0),
        (2**31, 2**31, 2**31, 2**31, 0, 0),
        (100, 2**32 - 1, 100, 50, 0, 0),
        (16, 2, 2**32 - 1, 2**32 - 1, 0, 0),
        (200, 100, 200, 100, 2, 0),
        (200, 100, 200, 100, 0, 255),
    ],
)
def test_forged_numbers_of_a_picture_are_refused(numbers: tuple[int, ...]) -> None:
    """No number leads the reader out of the ring; it counts and goes on without a picture."""
    slot = 4096 + 64_064
    patch = bytearray(slot + 64)
    patch[0:8] = struct.pack("<Q", 1)
    patch[slot - 64 : slot - 64 + 48] = struct.pack("<QIIIIBBxxxxxxq", 1, *numbers, 0)
    reader = FrameRingReader(forged(bytes(patch), 64))
    assert reader.sequence == 1
    assert reader.latest() is None
    assert reader.refused == 1


def test_a_closed_reader_leaves_a_picture_in_use_alone(writer: FrameRingWriter) -> None:
    """The ring may be replaced while the app draws from it."""
    reader = FrameRingReader(writer.fd)
    writer.write(picture(320, 180, 5))
    frame = whole(reader.latest())
    reader.close()
    reader.close()
    assert frame.planes[0][0] == 5
    assert reader.latest() is None


_PAINTER = """
import os
from kiosk.runtime.frames import FrameRingWriter
from tests.unit.runtime.test_frames import picture
ring = FrameRingWriter(320, 180)
print(os.getpid(), ring.fd, flush=True)
pictures = [picture(320, 180, value) for value in range(256)]
while True:
    ring.write(pictures[ring.sequence % 256])
"""


def test_no_torn_picture_counts_as_whole() -> None:
    """A writer without any pause in another process: each picture found whole after a copy has one value only."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen([sys.executable, "-c", _PAINTER], stdout=subprocess.PIPE, env=environment) as painter:
        assert painter.stdout is not None
        pid, number = painter.stdout.readline().split()
        fd = os.open(f"/proc/{int(pid)}/fd/{int(number)}", os.O_RDWR)
        reader = FrameRingReader(fd)
        whole_count = torn_count = 0
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:
            frame = reader.latest()
            if frame is None:
                continue
            copies = [bytes(plane) for plane in frame.planes]
            if not frame.is_whole:
                torn_count += 1
                continue
            whole_count += 1
            value = (frame.sequence - 1) % 256
            assert all(copy == bytes([value]) * len(copy) for copy in copies)
        painter.kill()
    assert whole_count > 100, f"{whole_count} whole, {torn_count} torn"
