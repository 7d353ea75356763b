"""Ends this process as a power cut would: SIGKILL after the n-th call that leaves a trace, on disk or on the wire.

`cuts` runs work in children, cut at every such call in turn. Only in a process with one thread.
"""

import io
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from types import FrameType, ModuleType
from typing import Any

_CALLS = {
    "chmod", "connect", "execute", "fchmod", "fchown", "fsync", "memfd_create", "mkdir", "open", "rename",
    "replace", "send", "sendall", "unlink", "write",
}  # fmt: skip
_OWNERS = (io.BufferedRandom, io.BufferedWriter, ModuleType, socket.socket, sqlite3.Connection)
"""Whose calls these are; `posix` and `io` are modules. OpenSSL's object has no public name."""


def _is_trace(call: Any) -> bool:
    owner = getattr(call, "__self__", None)
    return call.__name__ in _CALLS and (isinstance(owner, _OWNERS) or type(owner).__name__ == "_SSLSocket")


def arm(count: int) -> None:
    """SIGKILL when that many calls have come back."""
    left = count

    def look(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        if event == "c_return" and _is_trace(argument):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def in_child(work: Callable[[], None], cut_after: int = 0) -> int:
    """Runs `work` in a child; its exit code, or minus the signal that ended it. 0 cuts never."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if cut_after:
                arm(cut_after)
            work()
            code = 0
        finally:
            sys.setprofile(None)
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def cuts(prepare: Callable[[], Any], work: Callable[[Any], None]) -> Iterator[tuple[int, Any]]:
    """For each call at which `work` was cut: the how-many-th it was, and what `prepare` had made for it.

    Ends when `work` came through; raises RuntimeError when it failed otherwise.
    """
    at = 0
    while True:
        at += 1
        scene = prepare()
        code = in_child(lambda scene=scene: work(scene), at)  # type: ignore[misc]
        if code == 0:
            return
        if code != -signal.SIGKILL:
            raise RuntimeError(f"cut {at}: the work failed by itself, with code {code}")
        yield at, scene
