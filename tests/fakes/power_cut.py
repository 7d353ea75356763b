"""`python -m tests.fakes.power_cut`: lives terminals' updaters, and cuts their power.

Reads orders from standard input, one a line, and answers each with one line:

    cut WHAT N TERMINAL.toml      WHAT is done in a process group of its own, all of which is killed before the Nth
                                  change of the disk
    after WHAT S TERMINAL.toml    the same, killed after S seconds

The answer is `cut` or `done N` with the number of changes. WHAT is `update` (with the watch), `prove` or `back`.
"""

import os
import select
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.contract import configuration
from kiosk.contract.update import REPORT, Cause, Wish
from provisioning.update.updater import Surroundings, Updater
from tests.fakes.releases import Processes

_CHANGES = {"os.rename", "os.symlink", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "subprocess.Popen"}
"""Audit events, each raised right before its system call."""
_WRITING = os.O_WRONLY | os.O_RDWR


class Cutter:
    """Counts changes, and kills before the one that is too many; a file of its own says how many there were."""

    def __init__(self, last: int) -> None:
        self.count, self._last = 0, last
        self.is_on = True

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        is_change = event in _CHANGES
        if event == "open" and isinstance(arguments[2], int):
            is_change = bool(arguments[2] & _WRITING)
        if not is_change or not self.is_on:
            return
        self.count += 1
        if self.count == self._last:
            os.killpg(0, signal.SIGKILL)


def do(what: str, file: Path) -> None:
    """In the child."""
    loaded = configuration.load(file)
    services = Processes(loaded.update.software_directory, loaded.update.runtime_directory / REPORT)
    surroundings = Surroundings(services, lambda: datetime.now(UTC), lambda seconds: time.sleep(seconds / 20))
    updater = Updater(loaded, file, surroundings)
    if what == "back":
        updater.probation.take_back(Cause.NOT_READY, "")
    elif what == "prove":
        updater.probation.prove()
    elif what == "update":
        services.restart()  # as units do when the machine starts
        updater.run(Wish.APPLY)
        if updater.probation.resume():
            updater.probation.watch()


def cut(what: str, file: Path, last: int, after_s: float) -> str:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.setsid()
        cutter = Cutter(last)
        sys.addaudithook(cutter)
        do(what, file)
        cutter.is_on = False
        os.write(write, str(cutter.count).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe, os.fdopen(os.pidfd_open(child)) as end:
        if not select.select([end], [], [], after_s)[0]:
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        _end_group(child)
        count = pipe.read()
    return f"done {count.decode()}" if count else "cut"


def _end_group(group: int) -> None:
    """What the version runs; it would end with the power, too."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def main() -> None:
    for line in sys.stdin:
        how, what, number, file = line.split(maxsplit=3)
        last, after_s = (int(number), 60.0) if how == "cut" else (0, float(number))
        print(cut(what, Path(file.strip()), last, after_s), flush=True)


if __name__ == "__main__":
    main()
