"""Robot partners as processes of their own, as the demo runs them."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any


class Robot:
    """One running robot. Its report is there when it has ended."""

    def __init__(self, process: asyncio.subprocess.Process, report_file: Path) -> None:
        self.process = process
        self._report_file = report_file

    async def stop(self) -> Any:
        """Ends it as systemd would, and returns its report."""
        if self.process.returncode is None:
            self.process.terminate()
        assert await asyncio.wait_for(self.process.wait(), 5) == 0
        return json.loads(self._report_file.read_text())


@contextlib.asynccontextmanager
async def running_robot(link: str, name: str, report_file: Path, *options: str) -> AsyncIterator[Robot]:
    """A robot that sits at its desk until the context is left."""
    command = ("--link", link, "--name", name, "--report", str(report_file), *options)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "kiosk.desk.robot", *command)
    robot = Robot(process, report_file)
    try:
        yield robot
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
