"""Pictures in shared memory: one sealed memory file a tile, written by media, mapped read-only by the touch app.

Layout, little endian: a head of 4096 bytes (`_HEAD`, then the newest sequence in `_NEWEST_CELL`), then `SLOTS` slots,
each a head of 64 bytes (sequence, `_SLOT`) and room for the planes Y, U and V of one I420 picture, without gaps.

Picture n lies in slot n modulo `SLOTS`. The writer strikes out the slot's sequence, copies, writes the sequence, then
the newest sequence. A reader uses the planes in place and asks `Frame.is_whole` afterwards. Neither waits for the
other. Who reads trusts nothing in the memory: each number is copied out once and checked against the file's size.
"""

import fcntl
import mmap
import os
import struct
import threading
from enum import IntEnum
from typing import NamedTuple

from kiosk.contract.errors import MalformedError, Reason

SLOTS = 3
MAX_WIDTH_PX = 3840
MAX_HEIGHT_PX = 2160
_MAGIC = b"RTFRAMES"
_VERSION = 1
_HEAD = struct.Struct("<8sIIQ")
"""Magic, version, slots, bytes of one slot."""
_HEAD_BYTES = 4096
_CELL_BYTES = 8
"""A sequence is an aligned 64-bit number, read and written in one piece; `struct` would do it byte by byte."""
_NEWEST_CELL = 64 // _CELL_BYTES
_SLOT = struct.Struct("<IIIIBBxxxxxxq")
"""Width, height, stride of Y, stride of U and V, range, matrix, timestamp; behind the sequence."""
_SLOT_HEAD_BYTES = 64
_PLANE_ALIGNMENT = 64
_F_SEAL_FUTURE_WRITE = 0x10
"""Linux 5.1, see fcntl(2); Python has no name for it."""
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL | _F_SEAL_FUTURE_WRITE


class ColourRange(IntEnum):
    LIMITED = 0
    """Y from 16 to 235, as cameras and video calls send it."""
    FULL = 1


class ColourMatrix(IntEnum):
    BT601 = 0
    BT709 = 1


class Picture(NamedTuple):
    """What goes into a ring: planes Y, U and V, each at least stride times lines bytes, contiguous."""

    planes: tuple[memoryview, memoryview, memoryview]
    width: int
    height: int
    y_stride: int
    uv_stride: int
    timestamp_ns: int
    colour_range: ColourRange = ColourRange.LIMITED
    matrix: ColourMatrix = ColourMatrix.BT601


def _fence() -> None:
    """Keeps memory accesses before it apart from those after it, on ARM as well: a release, then an acquire."""
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    lock.acquire()


def _aligned(size: int) -> int:
    return -(-size // _PLANE_ALIGNMENT) * _PLANE_ALIGNMENT


def _plane_sizes(picture: Picture) -> tuple[int, int, int]:
    chroma = picture.uv_stride * ((picture.height + 1) // 2)
    return picture.y_stride * picture.height, chroma, chroma


def _planes_bytes(height: int, y_stride: int, uv_stride: int) -> int:
    return y_stride * height + 2 * uv_stride * ((height + 1) // 2)


class FrameRingWriter:
    """The writing end. Made once for the largest picture it shall hold; not thread-safe, one thread writes."""

    def __init__(self, width_px: int, height_px: int) -> None:
        """Room for pictures of up to this size; strides may be padded to a multiple of 128 bytes."""
        y_stride = -(-width_px // 128) * 128
        self._slot_bytes = _aligned(_SLOT_HEAD_BYTES + _planes_bytes(height_px, y_stride, y_stride // 2))
        self.size = _HEAD_BYTES + SLOTS * self._slot_bytes
        self.fd = os.memfd_create("rundtisch-frames", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        try:
            os.ftruncate(self.fd, self.size)
            self._memory = mmap.mmap(self.fd, self.size)
            self._view = memoryview(self._memory)
            self._cells = self._view.cast("Q")
            _HEAD.pack_into(self._view, 0, _MAGIC, _VERSION, SLOTS, self._slot_bytes)
            fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, _SEALS)
        except OSError:
            os.close(self.fd)
            raise
        self.sequence = 0

    def has_room_for(self, picture: Picture) -> bool:
        """Whether it fits; if not, a larger ring has to be made."""
        size = _planes_bytes(picture.height, picture.y_stride, picture.uv_stride)
        return _SLOT_HEAD_BYTES + size <= self._slot_bytes

    def write(self, picture: Picture) -> None:
        """Copy one picture in and publish it. Raises ValueError when it does not fit."""
        if not self.has_room_for(picture):
            raise ValueError(f"{picture.width}x{picture.height} does not fit this ring")
        sequence = self.sequence + 1
        start = _HEAD_BYTES + (sequence % SLOTS) * self._slot_bytes
        cell = start // _CELL_BYTES
        self._cells[cell] = 0
        _fence()
        at = start + _SLOT_HEAD_BYTES
        for plane, size in zip(picture.planes, _plane_sizes(picture), strict=True):
            self._view[at : at + size] = plane[:size]
            at += size
        _SLOT.pack_into(self._view, start + _CELL_BYTES, *picture[1:5], *picture[6:], picture.timestamp_ns)
        _fence()
        self._cells[cell] = sequence
        _fence()
        self._cells[_NEWEST_CELL] = sequence
        self.sequence = sequence

    def close(self) -> None:
        """Readers keep what they have mapped until they drop it themselves."""
        if self.fd >= 0:
            self._cells.release()
            self._view.release()
            self._memory.close()
            os.close(self.fd)
            self.fd = -1


class Frame(NamedTuple):
    """One picture, in place: the planes are read-only views of the shared memory, `stride * lines` bytes each."""

    sequence: int
    width: int
    height: int
    y_stride: int
    uv_stride: int
    planes: tuple[memoryview, memoryview, memoryview]
    timestamp_ns: int
    colour_range: ColourRange
    matrix: ColourMatrix
    cell: memoryview
    """The sequence in the slot's head as it is now; `sequence` while nobody has touched the slot."""

    @property
    def is_whole(self) -> bool:
        """Ask after use: whether the writer has left the planes alone since `latest` handed them out."""
        _fence()
        return bool(self.cell[0] == self.sequence)


class FrameRingReader:
    """The reading end of a ring that another process wrote and may write wrongly. One thread reads."""

    def __init__(self, fd: int) -> None:
        """Maps the ring behind `fd`, which stays the caller's.

        Raises:
            MalformedError: not sealed as it must be, or its head does not fit its size.
        """
        size = os.fstat(fd).st_size
        self._slot_bytes = _check_ring(fd, size)
        try:
            memory = mmap.mmap(fd, size, prot=mmap.PROT_READ)
        except (OSError, ValueError) as error:
            raise MalformedError("frame ring", f"cannot be mapped: {error}") from None
        self._memory: mmap.mmap | None = memory
        self._view = memoryview(memory)
        self._cells = self._view.cast("Q")
        if _HEAD.unpack_from(self._view) != (_MAGIC, _VERSION, SLOTS, self._slot_bytes):
            self.close()
            raise MalformedError("frame ring", "the head is not ours or does not fit the size")
        self.refused = 0
        """Pictures whose numbers do not fit the ring."""

    @property
    def sequence(self) -> int:
        """Number of the newest picture, 0 before the first; cheap enough to ask on each frame of the screen."""
        return self._cells[_NEWEST_CELL] if self._memory else 0

    def latest(self) -> Frame | None:
        """The newest picture, without a copy; None when there is none yet, or it is being replaced this moment."""
        sequence = self.sequence
        if not sequence:
            return None
        _fence()
        start = _HEAD_BYTES + (sequence % SLOTS) * self._slot_bytes
        cell = start // _CELL_BYTES
        if self._cells[cell] != sequence:
            return None
        _fence()
        numbers = _SLOT.unpack_from(self._view, start + _CELL_BYTES)
        _fence()
        if self._cells[cell] != sequence:
            return None
        width, height, y_stride, uv_stride, colour, matrix, timestamp_ns = numbers
        if not self._fits(width, height, y_stride, uv_stride) or colour > 1 or matrix > 1:
            self.refused += 1
            return None
        at = start + _SLOT_HEAD_BYTES
        y_end = at + y_stride * height
        u_end = y_end + uv_stride * ((height + 1) // 2)
        v_end = u_end + uv_stride * ((height + 1) // 2)
        planes = (self._view[at:y_end], self._view[y_end:u_end], self._view[u_end:v_end])
        return Frame(
            *(sequence, width, height, y_stride, uv_stride, planes, timestamp_ns),
            ColourRange(colour),
            ColourMatrix(matrix),
            self._cells[cell : cell + 1],
        )

    def _fits(self, width: int, height: int, y_stride: int, uv_stride: int) -> bool:
        return (
            0 < width <= min(y_stride, MAX_WIDTH_PX)
            and 0 < height <= MAX_HEIGHT_PX
            and (width + 1) // 2 <= uv_stride
            and _SLOT_HEAD_BYTES + _planes_bytes(height, y_stride, uv_stride) <= self._slot_bytes
        )

    def close(self) -> None:
        """Lets go of the memory, at the latest when the last `Frame` of it is dropped."""
        if self._memory is None:
            return
        memory, self._memory = self._memory, None
        self._cells.release()
        self._view.release()
        try:
            memory.close()
        except BufferError:
            pass  # a Frame is still in use; the mapping goes with it


_MAX_RING_BYTES = _HEAD_BYTES + SLOTS * _aligned(
    _SLOT_HEAD_BYTES + _planes_bytes(MAX_HEIGHT_PX, MAX_WIDTH_PX, MAX_WIDTH_PX // 2)
)


def _check_ring(fd: int, size: int) -> int:
    """Bytes of one slot of the ring behind `fd`. Raises MalformedError when its size is wrong, or could change."""
    try:
        seals = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
    except OSError:
        raise MalformedError("frame ring", "no memory file that can be sealed", Reason.NOT_AUTHORISED) from None
    if seals & _SEALS != _SEALS:
        raise MalformedError("frame ring", f"seals {seals:#x} instead of {_SEALS:#x}", Reason.NOT_AUTHORISED)
    if size > _MAX_RING_BYTES:
        raise MalformedError("frame ring", f"{size} bytes, at most {_MAX_RING_BYTES}", Reason.OVERSIZED)
    slot_bytes, rest = divmod(size - _HEAD_BYTES, SLOTS)
    if rest or slot_bytes < _SLOT_HEAD_BYTES or slot_bytes % _PLANE_ALIGNMENT:
        raise MalformedError("frame ring", f"{size} bytes are no ring")
    return slot_bytes
