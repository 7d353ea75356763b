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
        self._vectors = (_Vector * MOST)(*(_Vector(data + at * SIZE_BYTES, SIZE_BYTES) for at in range(MOST)))
        self._kept, self._fresh, self._messages = kept, (_Message * MOST)(), (_Message * MOST)()
        for at, message in enumerate(self._fresh):
            head = message.head
            head.name, head.name_length = names + at * _NAME_BYTES, _NAME_BYTES
            head.vectors, head.vector_count = ctypes.pointer(self._vectors[at]), 1
            head.control, head.control_length = controls + at * _CONTROL_BYTES, _CONTROL_BYTES
        self._lengths = memoryview(self._messages).cast("B").cast("I")[_Message.length.offset // _WORD_BYTES :]
        self._step = _EACH_BYTES // _WORD_BYTES
        self._used = MOST

    def take(self, descriptor: int) -> int:
        """How many came; 0: none. Raises OSError: what the network says of an earlier datagram of ours."""
        ctypes.memmove(self._messages, self._fresh, self._used * _EACH_BYTES)
        count = int(_receive(descriptor, self._messages, MOST, socket.MSG_DONTWAIT, None))
        self._used = max(count, 1)
        if count >= 0:
            return count
        number = ctypes.get_errno()
        if number in (errno.EAGAIN, errno.EINTR):
            return 0
        raise OSError(number, os.strerror(number))

    def length(self, at: int) -> int:
        """In bytes; `SIZE_BYTES` where it was at least so long."""
        return self._lengths[at * self._step]

    def stamp_s(self, at: int, otherwise_s: float) -> float:
        """When the kernel got it, by the wall clock, see `stamp`."""
        _, level, kind, seconds, nanoseconds = _CONTROL.unpack_from(self._controls, at * _CONTROL_BYTES)
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            return float(seconds + nanoseconds / 1e9)
        return otherwise_s

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
