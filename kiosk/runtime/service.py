"""The life of a process: start, tell systemd, end on a signal, leave with a code that makes systemd start it again."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from kiosk.contract.errors import ConfigurationError
from kiosk.runtime import log

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


def listen_sockets() -> dict[str, socket.socket]:
    """Sockets that systemd opened for us, by FileDescriptorName=, see sd_listen_fds(3)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return {name: socket.socket(fileno=3 + index) for index, name in enumerate(names) if name}


async def watchdog() -> None:
    """Tells systemd at half the asked interval that the loop turns; returns at once where nobody asks."""
    interval_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 2_000_000
    while interval_s:
        notify("WATCHDOG=1")
        await asyncio.sleep(interval_s)


def run(process: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs `main` until it ends or a signal asks to stop, then exits the process.

    Exit code 0 after a signal, 78 (EX_CONFIG) for a bad configuration, 1 for anything unexpected.
    """
    log.set_up(process)
    try:
        asyncio.run(_until_signal(main))
    except ConfigurationError as error:
        _logger.error("%s", error.detail)
        sys.exit(78)
    except Exception:
        _logger.exception("%s ends", process)
        sys.exit(1)


async def _until_signal(main: Callable[[], Awaitable[None]]) -> None:
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
    beat = asyncio.ensure_future(watchdog())
    try:
        await task
    except asyncio.CancelledError:
        if not stopping:
            raise
    finally:
        beat.cancel()
