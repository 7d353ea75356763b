"""Ports on this machine: a free one, and waiting until somebody listens on one."""

import asyncio
import socket
import time

from provisioning.demo.processes import ProgramError

HOST = "127.0.0.1"
_RETRY_S = 0.01


def free_port(wanted: int = 0) -> int:
    """A port that nobody listens on: `wanted` when it is free."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, wanted))
        except OSError:
            return free_port()
        return int(sock.getsockname()[1])


async def until_open(port: int, timeout_s: float = 10.0, host: str = HOST) -> None:
    """Returns when somebody listens.

    Raises:
        ProgramError: nobody does within `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise ProgramError(f"nobody listens on {host}:{port} after {timeout_s:.0f} s") from None
            await asyncio.sleep(_RETRY_S)
