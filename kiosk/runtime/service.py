"""The life of a process: start, tell systemd, end on a signal, leave with a code that makes systemd start it again."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from kiosk.contract.errors import ConfigurationError
from kiosk.runtime import log
from kiosk.runtime.life import Life

_logger = logging.getLogger(__name__)


def notify(message: str) -> None:
    """Tell systemd something (`READY=1`, `STATUS=…`), see sd_notify(3); nothing happens where it does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(message.encode(), address)


def settle() -> None:
    """Call once everything that lives as long as the process has been made, and nothing yet that does not.

    The garbage collector no longer walks over that: with all modules and rules of the touch app it took 160 ms, in
    which no frame was drawn, or no packet read.
    """
    gc.collect()
    gc.freeze()


def ready() -> None:
    """Tells systemd that we are up."""
    notify("READY=1")


def listen_sockets() -> dict[str, socket.socket]:
    """Sockets that systemd opened for us, by FileDescriptorName=, see sd_listen_fds(3)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return {name: socket.socket(fileno=3 + index) for index, name in enumerate(names) if name}


def leave() -> None:
    """Ends this process as a signal would; systemd starts it again."""
    signal.raise_signal(signal.SIGTERM)


async def watchdog(life: Life) -> None:
    """Tells systemd thrice an interval that the loop turns and nothing is missing; returns where nobody asks.

    Where something is missing systemd is asked to act at once; where the loop stands still, it does after the interval.
    """
    interval_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 3_000_000
    said: tuple[str, ...] = ()
    while interval_s:
        missing = life.missing()
        if missing and missing != said:
            _logger.error("no sign of life from: %s", ", ".join(missing))
        said = missing
        trouble = f"STATUS=no sign of life from: {', '.join(missing)}\nWATCHDOG=trigger"
        notify(trouble if missing else "WATCHDOG=1")
        await asyncio.sleep(interval_s)


def run(process: str, main: Callable[[], Coroutine[Any, Any, None]], life: Life | None = None) -> None:
    """Runs `main` until it ends or a signal asks to stop, then exits the process.

    Exit code 0 after a signal, 78 (EX_CONFIG) for a bad configuration, 1 for anything unexpected. `life` is what the
    watchdog asks; by default it only sees whether the loop turns.
    """
    log.set_up(process)
    try:
        asyncio.run(_until_signal(main, life or Life()))
    except ConfigurationError as error:
        _logger.error("%s", error.detail)
        sys.exit(78)
    except Exception:
        _logger.exception("%s ends", process)
        sys.exit(1)


async def _until_signal(main: Callable[[], Awaitable[None]], life: Life) -> None:
    task = asyncio.ensure_future(main())
    loop = asyncio.get_running_loop()
    stopping = False

    def stop() -> None:
        nonlocal stopping
        stopping = True
        notify("STOPPING=1")
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    beat = asyncio.ensure_future(watchdog(life))
    try:
        await task
    except asyncio.CancelledError:
        if not stopping:
            raise
    finally:
        beat.cancel()
