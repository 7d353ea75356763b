"""`python -m provisioning.demo`, started by demo.sh: brings the miniature installation up, and takes it down again.

Exit codes: 0 ended as it should, 1 something did not hold (the report or standard error says what).
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import replace

from kiosk.contract.errors import RundtischError
from provisioning import __main__ as provision
from provisioning import janus
from provisioning.demo import installation, machine, options, report, robots, visitor
from provisioning.demo.bench import Bench
from provisioning.demo.hands import Hands
from provisioning.demo.installation import PERSONS_DESK, TERMINAL, House
from provisioning.demo.options import Options
from provisioning.demo.ports import until_open
from provisioning.demo.processes import ProgramError, Supervisor
from provisioning.demo.report import Journal
from provisioning.demo.robots import Robots
from provisioning.demo.visitor import Visitor
from provisioning.demo.watcher import Watcher

_FIRST_SCREEN_S = 30.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_CAST = (
    robots.KAYA,
    replace(robots.BRANDT, delay_s=20.0, share_after_s=15.0),
    robots.SAYED,
    robots.PETERS,
    robots.LYSENKO,
)
"""The second one comes later, for a customer who has begun to talk by then."""


class Demo:
    """One run."""

    def __init__(self, said: Options, house: House, supervisor: Supervisor) -> None:
        self._options = said
        self._house = house
        self._supervisor = supervisor
        self._watcher = Watcher(house)
        self._bench = Bench(house.terminal.room)
        self._journal = Journal()
        sockets = house.terminal.ui.hands_socket
        assert sockets is not None
        self._hands = Hands(sockets)
        self._eyes = Hands(sockets)
        self._robots = Robots(house, supervisor)

    async def run(self) -> int:
        """Until the visit is over, or for ever. Returns the exit code."""
        background = [asyncio.create_task(self._supervisor.failure(), name="failure")]
        try:
            main = asyncio.create_task(self._main(background), name="main")
            done, _ = await asyncio.wait((main, background[0]), return_when=asyncio.FIRST_COMPLETED)
            if main not in done:
                main.cancel()
                await asyncio.gather(main, return_exceptions=True)
                background[0].result()
            return main.result()
        finally:
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            self._hands.close()
            self._eyes.close()

    async def _main(self, background: list[asyncio.Task[None]]) -> int:
        await self._start(background)
        if self._options.is_headless:
            return await self._visit()
        for character in _CAST:
            await self._robots.sit(character)
        self._greet()
        await asyncio.Event().wait()
        return 0

    async def _start(self, background: list[asyncio.Task[None]]) -> None:
        """Slowest starters first; the agent last, since the watcher shall see its birth."""
        house, supervisor = self._house, self._supervisor
        for program in (house.ui(), house.broker(), house.media(), house.desk()):
            await supervisor.start(program)
        if house.media_server_port:
            await supervisor.start(house.media_server())
            await until_open(house.media_server_port)
        await until_open(house.broker_port)
        background.append(asyncio.create_task(self._watcher.run(), name="watcher"))
        await self._watcher.is_here.wait()
        background.append(asyncio.create_task(self._bench.run(), name="bench"))
        await supervisor.start(house.agent())
        await asyncio.to_thread(self._publish)
        background.append(asyncio.create_task(visitor.watch_screens(self._eyes, self._journal), name="eyes"))
        await self._hands.until(phase="idle", timeout_s=_FIRST_SCREEN_S)
        now = time.time()
        self._journal.first_screen_s = now - float(os.environ.get("RUNDTISCH_DEMO_SET_UP", now))
        began = float(os.environ.get("RUNDTISCH_DEMO_STARTED", now))
        self._journal.setup_s = float(os.environ.get("RUNDTISCH_DEMO_SET_UP", began)) - began
        _say(f"first screen after {self._journal.first_screen_s:.1f} s")

    def _publish(self) -> None:
        """With the very commands that IT staff use."""
        config = ("--config", str(self._house.made.central_file))
        commands = [
            ("directory", "push", str(self._house.directory_file)),
            ("schedule", "push", "--room", TERMINAL, str(self._house.schedule_file)),
        ]
        if self._house.media_server_port:
            file = janus.file_of(self._house.media_server_directory)
            commands.append(("media-server", "push", "--room", TERMINAL, str(file)))
        for command in commands:
            if provision.main([*command, *config]):
                raise ProgramError(f"provision {' '.join(command)} failed, see above")

    async def _visit(self) -> int:
        said = self._options
        visit = Visitor(
            self._hands,
            self._robots,
            self._watcher,
            self._journal,
            self._house.terminal.paths.runtime_directory,
            said.language,
            said.seconds,
            said.screenshots,
        )
        try:
            await visit.visit()
        except RundtischError as error:
            self._journal.problems.append(error.detail)
            if said.screenshots is not None:
                with contextlib.suppress(RundtischError):
                    await self._hands.screenshot(said.screenshots / "problem.png")
        for desk in (*self._journal.planned, *self._journal.rung):
            self._journal.robots[desk] = await self._robots.send_home(desk)
        await self._settle()
        result = report.build(self._journal, self._watcher.seen)
        if said.report is not None:
            report.write(said.report, result)
        for problem in result["problems"]:
            _say(f"problem: {problem}")
        _say("ok" if result["ok"] else "NOT ok")
        return 0 if result["ok"] else 1

    async def _settle(self) -> None:
        """The last messages are on their way."""
        with contextlib.suppress(RundtischError):
            await visitor.until_settled(self._watcher, self._journal)
        self._journal.engine = self._options.engine
        self._journal.door_sign = list(self._bench.door_sign)
        self._journal.restarts = {
            name: codes for name in self._supervisor.names if (codes := self._supervisor[name].exit_codes)
        }

    def _greet(self) -> None:
        where = "the window" if self._options.has_display else "nowhere to see (no display here, so offscreen)"
        _say(f"The terminal is in {where}. Touch it: appointment {visitor.NUMBER} begins now.")
        _say(f"To be a partner yourself, open this in a browser: {self._robots.link(PERSONS_DESK)}")
        _say('and ring it in a session by "Dazuholen" / "Add a partner", Anerkennung von Abschlüssen.')
        if not machine.has_network():
            _say("This machine has no network address, so nobody will be seen or heard: connect it to any network.")
        _say("Ctrl-C ends everything.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def _main(said: Options) -> int:
    task = asyncio.current_task()
    assert task is not None
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with installation.build(said) as house:
        logs = house.directory / "logs"
        try:
            async with Supervisor(logs) as supervisor:
                code = await Demo(said, house, supervisor).run()
            for name in supervisor.had_to_insist:
                _say(f"{name} did not end when asked, and was killed")
                code = 1
            return code
        finally:
            if said.logs is not None:
                shutil.copytree(logs, said.logs, dirs_exist_ok=True)


def main() -> None:
    """Runs the demo and exits."""
    said = options.parse()
    try:
        sys.exit(asyncio.run(_main(said)))
    except RundtischError as error:
        _say(f"demo: {error.detail}")
        if said.report is not None:
            report.write(said.report, report.failed(error.detail))
        sys.exit(1)
    except (asyncio.CancelledError, KeyboardInterrupt):
        _say("ended")
        sys.exit(130 if said.is_headless else 0)


if __name__ == "__main__":
    main()
