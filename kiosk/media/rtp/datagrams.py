"""Takes all that waits in a UDP socket with one system call, recvmmsg(2); Python itself takes one datagram a call.

Knows nothing of what is in them. What is taken lies in memory that the next call uses again.
"""

import ctypes
import errno
import os
import socket
import struct

MOST = 32
"""Datagrams taken at once; the rest waits for the next look."""
SIZE_BYTES = 2048
"""Longer ones are cut, and count as too large."""
_SO_TIMESTAMPNS = 35
"""socket(7); Python has no name for it."""
_CONTROL = struct.Struct("@Niiqq")
"""cmsg(3): length, level, kind; then seconds and nanoseconds."""
_CONTROL_BYTES = socket.CMSG_SPACE(16)
_NAME_BYTES = 28
"""Of `sockaddr_in6`, the longer one."""
_WORD_BYTES = 4
_IS_STAMP = (socket.SOL_SOCKET, _SO_TIMESTAMPNS)
_NOT_WAITING = int(socket.MSG_DONTWAIT)

_library = ctypes.PyDLL(None, use_errno=True)


class _Vector(ctypes.Structure):
    """`iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Head(ctypes.Structure):
    """`msghdr`."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """`mmsghdr`."""

    _fields_ = (("head", _Head), ("length", ctypes.c_uint))


_EACH_BYTES = ctypes.sizeof(_Message)
_STEP = _EACH_BYTES // _WORD_BYTES
_receive = _library.recvmmsg
_receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)


class Datagrams:
    """Room for `MOST` of them, and one place more. One for all sockets of a thread."""

    def __init__(self) -> None:
        self.memory = bytearray((MOST + 1) * SIZE_BYTES)
        self.places = [memoryview(self.memory)[at * SIZE_BYTES :][:SIZE_BYTES] for at in range(MOST + 1)]
        """Where the bytes of each are."""
        self._names, self._controls = bytearray(MOST * _NAME_BYTES), bytearray(MOST * _CONTROL_BYTES)
        kept = [(ctypes.c_char * len(one)).from_buffer(one) for one in (self.memory, self._names, self._controls)]
        data, names, controls = map(ctypes.addressof, kept)
        self.addresses = [data + at * SIZE_BYTES for at in range(MOST + 1)]
        """Of the same, for libraries."""
        self._vectors = (_Vector * MOST)(*(_Vector(data + at * SIZE_BYTES, SIZE_BYTES) for at in range(MOST)))
        self._kept, self._fresh, self._messages = kept, (_Message * MOST)(), (_Message * MOST)()
        for at, message in enumerate(self._fresh):
            head = message.head
            head.name, head.name_length = names + at * _NAME_BYTES, _NAME_BYTES
            head.vectors, head.vector_count = ctypes.pointer(self._vectors[at]), 1
            head.control, head.control_length = controls + at * _CONTROL_BYTES, _CONTROL_BYTES
        self._heads, self._fresh_heads = (memoryview(one).cast("B") for one in (self._messages, self._fresh))
        self._address = ctypes.addressof(self._messages)
        self._lengths = self._heads.cast("I")[_Message.length.offset // _WORD_BYTES :]
        self._stamps = memoryview(self._controls)
        self._used = MOST * _EACH_BYTES

    def take(self, descriptor: int) -> int:
        """How many came; 0: none. Raises OSError: what the network says of an earlier datagram of ours."""
        used = self._used
        self._heads[:used] = self._fresh_heads[:used]  # not by ctypes, which would let other threads go first
        count = int(_receive(descriptor, self._address, MOST, _NOT_WAITING, None))
        self._used = max(count, 1) * _EACH_BYTES
        if count >= 0:
            return count
        number = ctypes.get_errno()
        if number in (errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(number, os.strerror(number))

    def lengths(self, count: int) -> list[int]:
        """Of the first `count`, in bytes; `SIZE_BYTES` where it was at least so long."""
        lengths: list[int] = self._lengths[: count * _STEP : _STEP].tolist()
        return lengths

    def stamps_s(self, count: int, otherwise_s: float) -> list[float]:
        """When the kernel got them, by the wall clock, see `stamp`."""
        return [
            seconds + nanoseconds / 1e9 if (level, kind) == _IS_STAMP else otherwise_s
            for _, level, kind, seconds, nanoseconds in _CONTROL.iter_unpack(self._stamps[: count * _CONTROL_BYTES])
        ]

    def address(self, at: int) -> tuple[str, int] | tuple[str, int, int, int]:
        """Who sent it, as Python has it."""
        name = memoryview(self._names)[at * _NAME_BYTES :][:_NAME_BYTES]
        (family,), port = struct.unpack_from("@H", name), int.from_bytes(name[2:4], "big")
        if family == socket.AF_INET:
            return socket.inet_ntop(socket.AF_INET, name[4:8]), port
        host, (scope,) = socket.inet_ntop(socket.AF_INET6, name[8:24]), struct.unpack_from("@I", name, 24)
        return (
            f"{host}%{socket.if_indextoname(scope)}" if scope else host,
            port,
            int.from_bytes(name[4:8], "big"),
            scope,
        )


def stamp(sock: socket.socket) -> None:
    """From now on the kernel notes when each datagram came."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
