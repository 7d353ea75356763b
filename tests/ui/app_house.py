"""The touch app as a process of its own, with an agent that only hands out states and listens, over the real link."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av

from kiosk.contract.links import FromUi, Keystroke, Role, Snapshot, TouchReport
from kiosk.contract.room import Key
from kiosk.contract.state import State
from kiosk.runtime import link
from provisioning.demo.hands import Hands
from provisioning.demo.lines import LineError

PATIENCE_S = 30.0

_CONFIGURATION = """
[terminal]
name = "mitte.raum-214"
room = "Raum 2.14 · Beratung"
[mqtt]
host = "localhost"
ca_file = "ca.pem"
certificate_file = "terminal.pem"
[room]
pin_factory = "mock"
[links]
ui_socket = "{folder}/ui.sock"
media_socket = "{folder}/media.sock"
frames_socket = "{folder}/frames.sock"
enrolment_file = "{folder}/enrolment.json"
[ui]
is_fullscreen = false
hands_socket = "{folder}/hands.sock"
"""


class Agent:
    """Hands out the state it was given, to whoever connects."""

    def __init__(self, state: State) -> None:
        self._links: set[link.Link] = set()
        self._state = state
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.reports: asyncio.Queue[TouchReport] = asyncio.Queue()
        """Come when their time has come, whatever is touched."""

    def show(self, state: State) -> None:
        """The state has changed."""
        self._state = state
        for connected in self._links:
            connected.send(Snapshot(state=self._state))

    def strike(self, key: Key) -> None:
        """A tactile key was pressed."""
        for connected in self._links:
            connected.send(Keystroke(key=key))

    async def _serve(self, connected: link.Link) -> None:
        self._links.add(connected)
        connected.send(Snapshot(state=self._state))
        try:
            while True:
                message = await connected.receive(FromUi)
                (self.reports if isinstance(message, TouchReport) else self.heard).put_nowait(message)
        finally:
            self._links.discard(connected)

    @contextlib.asynccontextmanager
    async def listen(self, folder: Path) -> AsyncIterator["Agent"]:
        """Lives while the context is open; the links break at its end, as when the process is killed."""
        async with link.listen(folder / "ui.sock", Role.AGENT, Role.UI, os.getuid(), self._serve):
            yield self


class App:
    """The app's process, its hands, and what is on its glass."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.process = process
        self.hands = Hands(folder / "hands.sock")

    async def ask(self, **request: Any) -> dict[str, Any]:
        """One request on the hands socket, as soon as it is there."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await self.hands._ask(**request)
                except LineError:
                    assert self.process.returncode is None
                    await asyncio.sleep(0.05)

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """What the app says of itself once it says all of this."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                said = await self.ask(do="state")
                if all(said[name] == value for name, value in wanted.items()):
                    return said
                await asyncio.sleep(0.02)

    async def colour(self, x: int, y: int) -> tuple[int, int, int]:
        """What is seen at a place, counted from the top left."""
        path = self.folder / "glass.png"
        await self.ask(do="screenshot", path=str(path))
        with av.open(str(path)) as container:
            pixel = next(container.decode(video=0)).to_ndarray(format="rgb24")[y, x]
        return (int(pixel[0]), int(pixel[1]), int(pixel[2]))

    async def until_colour(self, x: int, y: int, wanted: tuple[int, int, int]) -> None:
        """Waits until a place has a colour, give or take what rounding takes."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                seen = await self.colour(x, y)
                if max(abs(one - other) for one, other in zip(seen, wanted, strict=True)) <= 4:
                    return


@contextlib.asynccontextmanager
async def run_app(folder: Path, **environment: str) -> AsyncIterator[App]:
    """The app in a folder of its own, ended by SIGTERM."""
    configuration = folder / "terminal.toml"
    configuration.write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kiosk.ui", str(configuration)),
        env={**os.environ, "SDL_VIDEODRIVER": "offscreen", "KIVY_HOME": str(folder / "kivy"), **environment},
    )
    app = App(folder, process)
    try:
        yield app
    finally:
        app.hands.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()
