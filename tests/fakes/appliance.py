"""A machine that boots the terminal's disk: Debian with systemd, our units and our wheels, see tests/appliance.

It knows files, units and commands; what runs on the machine, and whom it talks to, is `appliance_house`.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from provisioning.demo.waiting import PatienceError

APPLIANCE = Path(__file__).parents[1] / "appliance"
_BOOT_S = 20.0
_OFF_S = 15.0
_LOOK_S = 0.03
_DIE_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
"""Killed, systemd-nspawn would leave a running machine behind; on SIGTERM it switches it off."""


class ApplianceError(Exception):
    """The machine is not what the test needs; says why, and what to do about it."""


def layers() -> str:
    """The layers of the disk, out of the cache.

    Raises:
        ApplianceError: they could not be made.
    """
    done = subprocess.run(["bash", str(APPLIANCE / "root.sh")], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ApplianceError(f"{done.stderr}Outside of a namespace, with a network:  bash tests/appliance/root.sh")
    return done.stdout.strip()


@dataclass(frozen=True)
class Disk:
    """What a machine writes, and what was written for it before it started."""

    directory: Path
    layers: str

    @property
    def upper(self) -> Path:
        return self.directory / "upper"

    def write(self, path: str, text: str | bytes, mode: int = 0o644) -> None:
        """A file, with its folders; before the start only."""
        file = self.upper / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        file.chmod(mode)

    def drop_in(self, unit: str, text: str) -> None:
        """A drop-in of a unit."""
        self.write(f"etc/systemd/system/{unit}.d/test.conf", text)


@dataclass
class Machine:
    """A machine while it is on."""

    disk: Disk
    process: asyncio.subprocess.Process
    leader: int
    """The process that is its first, as we see it."""
    is_off: bool = field(default=False)

    def path(self, path: str | Path) -> Path:
        """A file of the machine, as we reach it, also on its tmpfs."""
        return Path(f"/proc/{self.leader}/root/{str(path).lstrip('/')}")

    def run(self, *command: str, timeout_s: float = 30.0) -> str:
        """What a command says on the machine, both streams; as root, outside of every sandbox.

        Raises:
            ApplianceError: it failed.
        """
        code, said = self.attempt(*command, timeout_s=timeout_s)
        if code:
            raise ApplianceError(f"{' '.join(command)}: {code}\n{said}")
        return said

    def attempt(self, *command: str, timeout_s: float = 30.0) -> tuple[int, str]:
        """The same with its exit code, whatever that is."""
        enter = ("nsenter", "--target", str(self.leader), "-m", "-u", "-i", "-n", "-p", "-C", "--")
        done = subprocess.run(
            (*enter, *command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return done.returncode, done.stdout

    def show(self, unit: str, *properties: str) -> dict[str, str]:
        """What systemd says of a unit; of itself with an empty one."""
        wanted = [f"--property={one}" for one in properties]
        said = self.run("systemctl", "show", *([unit] if unit else []), *wanted)
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def state(self, unit: str) -> str:
        return self.show(unit, "ActiveState")["ActiveState"]

    def pid(self, unit: str) -> int:
        """Of a unit's main process, as the machine counts; 0 between two lives."""
        return int(self.show(unit, "MainPID")["MainPID"])

    def journal(self, unit: str = "", lines: int = 40) -> str:
        """Its last lines."""
        return self.run("journalctl", "--no-pager", "--output=cat", f"--lines={lines}", *(["-u", unit] if unit else []))

    async def until_state(self, unit: str, wanted: str = "active", timeout_s: float = 30.0) -> float:
        """Returns the seconds until a unit is there.

        Raises:
            PatienceError: it is not, within `timeout_s`; the end of its journal is named.
        """
        start = time.monotonic()
        while (state := self.state(unit)) != wanted:
            if time.monotonic() - start > timeout_s:
                raise PatienceError(f"{unit}: {state}, not {wanted} within {timeout_s:g} s\n{self.journal(unit)}")
            await asyncio.sleep(_LOOK_S)
        return time.monotonic() - start

    async def off(self) -> bool:
        """Switches it off as its plug's owner should; returns whether it went in good order."""
        self.is_off = True
        if self.process.returncode is not None:
            return False
        for keeper in _children(self.process.pid):
            os.kill(keeper, signal.SIGTERM)
        try:
            async with asyncio.timeout(_OFF_S):
                return await self.process.wait() == 0
        except TimeoutError:
            self.cut_power()
            await self.process.wait()
            return False

    def cut_power(self) -> None:
        """As if somebody pulled the plug: its first process takes all others of its namespace with it."""
        self.is_off = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.leader, signal.SIGKILL)
        self.process.kill()


@contextlib.asynccontextmanager
async def booted(disk: Disk, network: Path, *options: str) -> AsyncIterator[Machine]:
    """Boots a machine into a network namespace (`/proc/PID/ns/net`); it is off when the context is left.

    Args:
        options: more of systemd-nspawn's.

    Raises:
        ApplianceError: it does not come up.
    """
    if not (disk.upper / "etc/machine-id").exists():
        disk.write("etc/machine-id", secrets.token_hex(16) + "\n")
    console = disk.directory / "console"
    with console.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *_DIE_WITH_US,
            *("bash", str(APPLIANCE / "boot.sh"), str(disk.directory), disk.layers, str(network), *options),
            stdout=said,
            stderr=said,
        )
    leader = 0
    try:
        leader = await _leader_of(process, console)
        machine = Machine(disk, process, leader)
        yield machine
        if not machine.is_off:
            await machine.off()
    finally:
        if process.returncode is None:
            os.kill(leader or process.pid, signal.SIGKILL)
        await process.wait()


async def _leader_of(process: asyncio.subprocess.Process, console: Path) -> int:
    """The machine's first process, once its systemd answers."""
    deadline = time.monotonic() + _BOOT_S
    while time.monotonic() < deadline and process.returncode is None:
        for child in [child for keeper in _children(process.pid) for child in _children(keeper)]:
            if _is_first(child) and Path(f"/proc/{child}/root/run/systemd/private").exists():
                return child
        await asyncio.sleep(_LOOK_S)
    raise ApplianceError(f"the machine does not boot:\n{console.read_text(errors='replace')[-2000:]}")


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _is_first(pid: int) -> bool:
    """Whether it is number 1 in a pid namespace below that of systemd-nspawn, which is below ours."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                numbers = line.split()[1:]
                return len(numbers) > 2 and numbers[-1] == "1"
    return False
