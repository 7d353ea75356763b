"""The demo's supervisor, on real processes: they come back, they end in order, none is left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.demo.processes import Program, ProgramError, Running, Supervisor
from provisioning.demo.waiting import until

TIMEOUT_S = 10.0


async def _until(condition: Callable[[], bool]) -> None:
    await until(condition, TIMEOUT_S, "the condition")


def _shell(name: str, script: str, *, is_restarted: bool = True) -> Program:
    return Program(name=name, command=("sh", "-c", script), is_restarted=is_restarted)


def _is_alive(pid: int) -> bool:
    """Not when it has ended and only its new parent has not asked for it yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


async def test_a_killed_program_comes_back(tmp_path: Path) -> None:
    """With another pid, after `kill -9`."""
    async with Supervisor(tmp_path) as supervisor:
        running = await supervisor.start(_shell("one", "exec sleep 60"))
        first = running.pid
        os.kill(first, signal.SIGKILL)
        await _until(lambda: running.pid not in (0, first))
        assert running.exit_codes == [-signal.SIGKILL]
    assert not _is_alive(first)


async def test_programs_end_in_reverse_order(tmp_path: Path) -> None:
    """The last one started is the first to go; each has ended before the next is asked."""
    order = tmp_path / "order"
    script = "trap 'sleep 0.1; echo $0 >> {}; exit 0' TERM; touch {}/$0; while :; do sleep 0.02; done"
    async with Supervisor(tmp_path) as supervisor:
        for name in ("first", "second", "third"):
            command = ("sh", "-c", script.format(order, tmp_path), name)
            await supervisor.start(Program(name=name, command=command))
        await _until(lambda: all((tmp_path / name).exists() for name in ("first", "second", "third")))
    assert order.read_text().split() == ["third", "second", "first"]
    assert supervisor.had_to_insist == []


async def test_a_program_that_cannot_run_ends_everything_with_its_log(tmp_path: Path) -> None:
    """It is tried five times; the error shows what it said last."""
    async with Supervisor(tmp_path) as supervisor:
        await supervisor.start(_shell("bad", "echo no camera; exit 1"))
        with pytest.raises(ProgramError, match=r"bad ends again and again:\n(no camera\n?)+"):
            async with asyncio.timeout(TIMEOUT_S):
                await supervisor.failure()


async def test_a_bad_configuration_is_not_tried_again(tmp_path: Path) -> None:
    """Exit code 78 is final, as for systemd's RestartPreventExitStatus."""
    async with Supervisor(tmp_path) as supervisor:
        running = await supervisor.start(_shell("bad", "exit 78"))
        with pytest.raises(ProgramError, match="code 78"):
            async with asyncio.timeout(TIMEOUT_S):
                await supervisor.failure()
    assert running.exit_codes == [78]


async def test_a_program_may_end_when_it_is_said_so(tmp_path: Path) -> None:
    """A robot that has done its work is not started again."""
    async with Supervisor(tmp_path) as supervisor:
        running: Running = await supervisor.start(_shell("robot", "exit 0", is_restarted=False))
        assert running.task is not None
        await running.task
        assert running.exit_codes == [0]


async def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """And named."""
    async with Supervisor(tmp_path, stop_timeout_s=0.2) as supervisor:
        running = await supervisor.start(
            _shell("deaf", f"trap '' TERM; touch {tmp_path}/up; while :; do sleep 1; done")
        )
        await _until((tmp_path / "up").exists)
        pid = running.pid
    assert supervisor.had_to_insist == ["deaf"]
    assert not _is_alive(pid)


async def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    """`kill -9` of the demo itself takes its programs with it."""
    script = f"""
import asyncio
from pathlib import Path
from provisioning.demo.processes import Program, Supervisor
async def main():
    async with Supervisor(Path({str(tmp_path)!r})) as supervisor:
        running = await supervisor.start(Program(name="one", command=("sleep", "60")))
        print(running.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[4]
    )
    assert process.stdout is not None
    pid = int(await process.stdout.readline())
    process.kill()
    await process.wait()
    await _until(lambda: not _is_alive(pid))
