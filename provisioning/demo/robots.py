"""Robot partners: sit at desks of the directory and do what partners do."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioning.central import configuration, tasks
from provisioning.demo.installation import House
from provisioning.demo.ports import HOST
from provisioning.demo.processes import Program, Supervisor

_MODULE = "kiosk.desk.robot"


@dataclass(frozen=True, kw_only=True)
class Character:
    """Who sits at a desk, and what they do there."""

    desk: str
    name: str
    why: str = ""
    knocks: bool = False
    """For the desk's appointment, as soon as there is one."""
    answers: bool = False
    """When rung."""
    delay_s: float = 0.0
    """Before knocking or answering."""
    share_after_s: float | None = None
    """From being let in to showing a screen."""


KAYA = Character(desk="youth-1", name="Frau Kaya", why="Kita-Platz ab Februar", knocks=True)
BRANDT = Character(desk="debts-2", name="Herr Brandt", why="Ratenplan für die Miete", knocks=True)
SAYED = Character(desk="language-ar-1", name="Frau Al-Sayed", why="Dolmetschen Arabisch", answers=True, delay_s=3.0)
PETERS = Character(desk="family-1", name="Herr Peters", why="Kindergeld", answers=True, delay_s=5.0)
LYSENKO = Character(desk="language-uk-1", name="Frau Lysenko", why="Dolmetschen Ukrainisch", answers=True, delay_s=3.0)


class Robots:
    """The robots of one demo, each a process of its own."""

    def __init__(self, house: House, supervisor: Supervisor) -> None:
        self._central = configuration.load(house.made.central_file)
        self._reports = house.directory / "robots"
        self._environment = house.environment
        self._supervisor = supervisor

    def link(self, desk: str) -> str:
        """A fresh link to a desk."""
        return tasks.link_desk(self._central, desk, None).lines[0]

    async def sit(self, who: Character, *, prefix: Sequence[str] = (), host: str = HOST) -> None:
        """Starts a robot; it does what its character says until it is sent home.

        Args:
            prefix: put before its command, to start it in another place.
            host: where the desk server is, seen from there.
        """
        self._reports.mkdir(exist_ok=True)
        link = self.link(who.desk).replace(HOST, host)
        command = [*prefix, sys.executable, "-m", _MODULE, "--link", link, "--name", who.name, "--why", who.why]
        command += ["--delay-s", str(who.delay_s), "--report", str(self.report_file(who.desk))]
        command += ["--knock"] if who.knocks else []
        command += ["--answer"] if who.answers else []
        command += ["--share-after-s", str(who.share_after_s)] if who.share_after_s is not None else []
        await self._supervisor.start(Program(name=f"robot-{who.desk}", command=command, environment=self._environment))

    async def send_home(self, desk: str) -> dict[str, Any]:
        """Ends a robot; returns what it saw and heard, empty where it could not say."""
        await self._supervisor.stop(f"robot-{desk}")
        try:
            seen: dict[str, Any] = json.loads(self.report_file(desk).read_bytes())
        except (OSError, ValueError):
            return {}
        return seen

    def report_file(self, desk: str) -> Path:
        """What the robot says it saw and heard."""
        return self._reports / f"{desk}.json"
