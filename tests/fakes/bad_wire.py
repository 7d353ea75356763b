"""A bad network between the two namespaces of `provisioning/namespace.sh`: loss, delay, reordering and a bottleneck.

A process of its own carries packets between two TUN devices, `bad0` 10.98.0.1 here and `bad0` 10.98.0.2 on the far
side, so that any program meets the same wire and knows nothing of it. Conditions come as JSON lines on standard input.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

NEAR, FAR = "10.98.0.1", "10.98.0.2"
_DEVICE = "bad0"
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_CLONE_NEWNET = 0x40000000
_MTU = 1400
_PACKET_BYTES = 2048
_LOOKS, _LOOK_S = 150, 0.02


class Way(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One direction."""

    loss_pct: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Each packet's delay is drawn from `delay_ms` ± this, so packets overtake each other."""
    rate_bps: float = 0.0
    """0: no bottleneck."""
    queue_ms: float = 300.0
    """What the bottleneck holds; more is dropped at its tail."""


class Conditions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Both directions; `to_near` is what the near side receives."""

    to_near: Way = Way()
    to_far: Way = Way()


class _Direction:
    """Packets on their way, by the moment they are due."""

    def __init__(self, out: int, seed: int) -> None:
        self._out, self._dice = out, random.Random(seed)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._count, self._free_s = 0, 0.0
        self.way = Way()

    def take(self, packet: bytes, now_s: float) -> None:
        way = self.way
        if self._dice.random() * 100 < way.loss_pct:
            return
        leaves_s = now_s
        if way.rate_bps:
            starts_s = max(now_s, self._free_s)
            if (starts_s - now_s) * 1000 > way.queue_ms:
                return
            leaves_s = self._free_s = starts_s + len(packet) * 8 / way.rate_bps
        due_s = leaves_s + max(0.0, way.delay_ms + self._dice.uniform(-way.jitter_ms, way.jitter_ms)) / 1000
        self._count += 1
        heapq.heappush(self._waiting, (due_s, self._count, packet))

    def give(self, now_s: float) -> float | None:
        """Hands out what is due; returns when the next one is."""
        while self._waiting and self._waiting[0][0] <= now_s:
            with contextlib.suppress(OSError):
                os.write(self._out, heapq.heappop(self._waiting)[2])
        return self._waiting[0][0] if self._waiting else None


def _open_tun() -> int:
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", _DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
    return fd


def _set_up(address: str, peer: str) -> None:
    for command in (
        f"ip address add {address} peer {peer} dev {_DEVICE}",
        f"ip link set {_DEVICE} mtu {_MTU} txqueuelen 1000 up",
    ):
        subprocess.run(command.split(), check=True)


def _enter(namespace: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(namespace, os.O_RDONLY)
    if libc.setns(fd, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def _carry(near: int, far: int) -> None:
    to_near, to_far = _Direction(near, 1), _Direction(far, 2)
    poll = select.poll()
    for fd in (0, near, far):
        poll.register(fd, select.POLLIN)
    due_s: float | None = None
    while True:
        wait_ms = None if due_s is None else max(0.0, due_s - time.monotonic()) * 1000
        for fd, _ in poll.poll(wait_ms):
            if fd == 0:
                line = sys.stdin.buffer.readline()
                if not line:
                    return
                conditions = msgspec.json.decode(line, type=Conditions)
                to_near.way, to_far.way = conditions.to_near, conditions.to_far
            else:
                direction = to_far if fd == near else to_near
                with contextlib.suppress(BlockingIOError):
                    while True:
                        direction.take(os.read(fd, _PACKET_BYTES), time.monotonic())
        now_s = time.monotonic()
        nexts = [at for at in (to_near.give(now_s), to_far.give(now_s)) if at is not None]
        due_s = min(nexts, default=None)


def main() -> None:
    """`python -m tests.fakes.bad_wire FAR_PID`: says `ready`, then carries until standard input ends."""
    near = _open_tun()
    _set_up(NEAR, FAR)
    _enter(f"/proc/{sys.argv[1]}/ns/net")
    far = _open_tun()
    _set_up(FAR, NEAR)
    print("ready", flush=True)
    _carry(near, far)


class BadWire:
    """The running wire."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def be(self, **ways: Way) -> None:
        """From now on; `to_near` and `to_far`, a way that is not named is perfect."""
        assert self._process.stdin
        self._process.stdin.write(msgspec.json.encode(Conditions(**ways)) + b"\n")

    def cut(self) -> None:
        """Nothing gets through any more, either way."""
        self.be(to_near=Way(loss_pct=100), to_far=Way(loss_pct=100))


@contextlib.asynccontextmanager
async def bad_wire() -> AsyncIterator[BadWire]:
    """Between this namespace and the far one, until the context is left. The good cable is taken down meanwhile."""
    far = os.environ["RUNDTISCH_FAR_PID"]
    command = [sys.executable, "-m", "tests.fakes.bad_wire", far]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin
    assert process.stdout
    line = await asyncio.wait_for(process.stdout.readline(), 10)
    assert line == b"ready\n", "the bad wire does not start; run inside provisioning/namespace.sh"
    await _cable("down")
    try:
        yield BadWire(process)
    finally:
        process.stdin.close()
        await process.wait()
        await _cable("up")


async def _cable(state: str) -> None:
    """The kernel takes up to a second to notice the carrier, and drops packets until then."""
    done = await asyncio.create_subprocess_exec("ip", "link", "set", "near0", state)
    assert await done.wait() == 0
    for _ in range(_LOOKS if state == "up" else 0):
        look = await asyncio.create_subprocess_exec(
            *("ip", "-o", "link", "show", "near0"), stdout=asyncio.subprocess.PIPE
        )
        said, _ = await look.communicate()
        if b"state UP" in said:
            return
        await asyncio.sleep(_LOOK_S)


def far_side(*command: str) -> list[str]:
    """A command line that runs on the far side."""
    return ["nsenter", "-t", os.environ["RUNDTISCH_FAR_PID"], "-n", *command]


if __name__ == "__main__":
    main()
