"""Runs the demo's programs as systemd would: starts a died one again, ends all of them in reverse order.

Every program dies with this process, however it ends (prctl's PDEATHSIG, by util-linux' setpriv).
"""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.contract.errors import RundtischError

RESTART_AFTER_S = 0.1
"""As RestartSec in systemd/."""
STOP_TIMEOUT_S = 5.0
_MAX_STARTS = 5
_WITHIN_S = 10.0
_EX_CONFIG = 78


class ProgramError(RundtischError):
    """A program does not run; the end of its log is in `detail`."""


def _bound_to_us(command: Sequence[str]) -> tuple[str, ...]:
    """The command, dying with this process; not begun at all where we died before the kernel was asked for that."""
    is_ours = 'test "$PPID" = "$0" && exec "$@"'
    return ("setpriv", "--pdeathsig", "KILL", "--", "sh", "-c", is_ours, str(os.getpid()), *command)


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `environment` is added to ours."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_restarted: bool = True
    command_after: Sequence[str] = ()
    """Run whenever it has ended, however it did, before it is started again: ExecStopPost in systemd/."""


class Running:
    """A program of the supervisor's, through all its lives."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program = program
        self.log = log
        self.process: asyncio.subprocess.Process | None = None
        self.exit_codes: list[int] = []
        """Of the lives that ended unasked."""
        self.task: asyncio.Task[None] | None = None
        self._starts: deque[float] = deque(maxlen=_MAX_STARTS)

    @property
    def pid(self) -> int:
        """Of the present life; 0 between two of them."""
        alive = self.process is not None and self.process.returncode is None
        return self.process.pid if alive and self.process else 0

    async def start(self) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._starts) == _MAX_STARTS and now - self._starts[0] < _WITHIN_S:
            raise ProgramError(f"{self.program.name} ends again and again:\n{self.tail()}")
        self._starts.append(now)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *_bound_to_us(self.program.command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.program.environment},
                start_new_session=True,  # Ctrl-C is for us; we end them in order
            )

    async def live(self) -> None:
        """Starts it again whenever it ends. Returns when one that is not restarted ends well.

        Raises:
            ProgramError: it cannot run.
        """
        while True:
            assert self.process is not None
            code = await self.process.wait()
            self.exit_codes.append(code)
            await self._clean_up()
            if not self.program.is_restarted and code == 0:
                return
            if code == _EX_CONFIG or not self.program.is_restarted:
                raise ProgramError(f"{self.program.name} ended with code {code}:\n{self.tail()}")
            await asyncio.sleep(RESTART_AFTER_S)
            await self.start()

    async def stop(self, timeout_s: float) -> bool:
        """Asks it to end, insists after `timeout_s`; returns whether asking was enough."""
        if self.task is not None:
            self.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ProgramError):
                await self.task
        was_enough = await self._end(timeout_s)
        await self._clean_up()
        return was_enough

    async def _end(self, timeout_s: float) -> bool:
        if self.process is None or self.process.returncode is not None:
            return True
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout_s):
                await self.process.wait()
            return True
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            return False

    async def _clean_up(self) -> None:
        if not self.program.command_after:
            return
        with self.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *_bound_to_us(self.program.command_after),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.program.environment},
                start_new_session=True,
            )
        try:
            await process.wait()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise

    def tail(self, lines: int = 25) -> str:
        """The end of its log."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


class Supervisor:
    """All programs of one installation. Use as a context manager; leaving it ends them, the last started first."""

    def __init__(self, logs: Path, stop_timeout_s: float = STOP_TIMEOUT_S) -> None:
        self._logs = logs
        self._stop_timeout_s = stop_timeout_s
        self._running: dict[str, Running] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.had_to_insist: list[str] = []
        """Programs that did not end when asked."""

    async def __aenter__(self) -> "Supervisor":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for running in reversed(self._running.values()):
            if not await running.stop(self._stop_timeout_s):
                self.had_to_insist.append(running.program.name)
        if self._failed.done():
            self._failed.exception()  # seen, or raised by `failure` before
        else:
            self._failed.cancel()

    def __getitem__(self, name: str) -> Running:
        return self._running[name]

    @property
    def names(self) -> tuple[str, ...]:
        """In the order in which they were started."""
        return tuple(self._running)

    async def start(self, program: Program) -> Running:
        """Starts a program and keeps it running."""
        running = Running(program, self._logs / f"{program.name}.log")
        self._running[program.name] = running
        await running.start()
        running.task = asyncio.create_task(running.live(), name=program.name)
        running.task.add_done_callback(self._ended)
        return running

    async def stop(self, name: str) -> None:
        """Ends one program for good."""
        running = self._running.pop(name)
        if not await running.stop(self._stop_timeout_s):
            self.had_to_insist.append(name)

    async def failure(self) -> None:
        """Waits until a program cannot be kept running. Raises ProgramError then."""
        await asyncio.shield(self._failed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._failed.done():
            self._failed.set_exception(error)
