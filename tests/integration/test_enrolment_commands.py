"""`provision enrol` and `provision central enrolment` as people and units run them, with the server as a process."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from provisioning import toml
from provisioning.__main__ import main
from provisioning.central.enrolment import configuration
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Supervisor
from provisioning.enrolment import ticket
from tests.fakes.enrolment_house import EnrolmentHouse, Machine, make
from tests.fakes.http_proxy import HttpProxy

TERMINAL = "nord.r1"


class Scene:
    """A server that was started by its command."""

    def __init__(self, house: EnrolmentHouse, file: Path, log: Path) -> None:
        self.house = house
        self.file = file
        self.log = log

    async def central(self, *arguments: str) -> int:
        """On the server's machine."""
        command = ["central", "enrolment", *arguments, "--config", str(self.file), "--json"]
        return await asyncio.to_thread(main, command)

    async def terminal(self, machine: Machine, *arguments: str) -> int:
        """On the terminal."""
        return await asyncio.to_thread(main, ["enrol", *arguments, "--root", str(machine.places.root), "--json"])


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    house, port = make(tmp_path), free_port()
    file = tmp_path / "enrolment" / "enrolment.toml"
    settings = configuration.load(file)
    url = f"https://{HOST}:{port}"
    toml.write(file, replace(settings, url=url, listen=replace(settings.listen, port=port)))
    async with Supervisor(tmp_path / "logs") as supervisor:
        command = (sys.executable, "-m", "provisioning", "central", "enrolment", "serve", "--config", str(file))
        running = await supervisor.start(Program(name="enrolment", command=command))
        await until_open(port)
        with house.registry:
            yield Scene(house, file, running.log)


def _said(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    said: dict[str, object] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return said


async def test_a_terminals_life_from_ticket_to_revocation(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """Token, enrolment, renewal, status, list, revocation; no token in the server's log or in what is listed."""
    machine = scene.house.machine("a")
    assert await scene.central("token", "new", TERMINAL, "--to", str(machine.places.ticket)) == 0
    token = ticket.read(machine.places.ticket).token
    assert token not in capsys.readouterr().out
    assert await scene.terminal(machine, "status") == 3
    keep = ("--boot", str(machine.places.root / "boot"), "--keep", "plain")
    assert await scene.terminal(machine, "run", "--once", *keep) == 0
    capsys.readouterr()
    assert await scene.terminal(machine, "renew", "--keep", "plain") == 0
    assert _said(capsys)["is_new"] is False
    assert await scene.terminal(machine, "renew", "--force", "--keep", "plain") == 0
    assert _said(capsys)["is_new"] is True
    assert await scene.terminal(machine, "status") == 0
    assert _said(capsys)["terminal"] == TERMINAL
    assert await scene.central("token", "list") == 0
    assert token not in capsys.readouterr().out
    assert await scene.central("revoke", TERMINAL) == 0
    assert _said(capsys)["revoked"] == 1
    assert await scene.central("list", TERMINAL) == 0
    listed = capsys.readouterr().out
    assert listed.count("revoked ") == 2
    assert await scene.terminal(machine, "renew", "--force", "--keep", "plain") == 1
    assert "was revoked. If this terminal shall serve again" in capsys.readouterr().err
    log = scene.log.read_text()
    assert f"{TERMINAL} is enrolled" in log
    assert token not in log


async def test_a_code_is_approved_by_command(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    """What the screen shows is what staff type; a wrong one is said to be unknown."""
    machine = scene.house.machine("a")
    machine.places.configuration.parent.mkdir(parents=True)
    machine.places.configuration.write_text(f'[terminal]\nname = "{TERMINAL}"\n')
    url = configuration.load(scene.file).url
    keep = ("--boot", str(machine.places.root / "boot"), "--keep", "plain", "--server", url)
    assert await scene.terminal(machine, "run", "--once", *keep) == 1
    said = json.loads(machine.places.state.read_bytes())
    assert said["fault"] == "no-yes-yet"
    assert said["code"] in capsys.readouterr().err
    assert await scene.central("pending") == 0
    listed = capsys.readouterr().out
    assert said["code"] in listed
    assert TERMINAL in listed
    assert await scene.central("approve", "0000-0000-0000", "--terminal", TERMINAL) == 1
    assert await scene.central("approve", said["code"].lower()) == 0
    assert await scene.terminal(machine, "run", "--once", *keep) == 0
    other = scene.house.machine("b")
    keep = ("--boot", str(other.places.root / "boot"), "--keep", "plain", "--server", url)
    assert await scene.terminal(other, "run", "--once", *keep) == 1
    assert await scene.central("refuse", json.loads(other.places.state.read_bytes())["code"]) == 0
    assert await scene.terminal(other, "run", "--once", *keep) == 1
    assert "Staff refused this terminal." in capsys.readouterr().err


async def test_a_house_with_a_proxy_is_reached_by_it(
    scene: Scene, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy hands TLS on unopened; what it may not see it does not see."""
    machine = scene.house.machine("a")
    assert await scene.central("token", "new", TERMINAL, "--to", str(machine.places.ticket)) == 0
    keep = ("--boot", str(machine.places.root / "boot"), "--keep", "plain")
    async with HttpProxy().listening() as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "localhost")
        assert await scene.terminal(machine, "run", "--once", *keep) == 0
        assert await scene.terminal(machine, "renew", "--force", "--keep", "plain") == 0
    place = configuration.load(scene.file).url.removeprefix("https://")
    assert {line.split()[1] for line in proxy.asked} == {place}
    assert len(proxy.asked) == 4  # authority, request; renewal, its confirmation


async def test_who_asks_for_the_wrong_thing_is_told(
    scene: Scene, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No file, no terminal's name, nothing to revoke."""
    assert main(["central", "enrolment", "pending", "--config", str(tmp_path / "none.toml")]) == 1
    assert await scene.central("token", "new", "Nord") == 1
    assert await scene.central("token", "new", TERMINAL) == 0
    for place in (".", "/dev/null/ticket.toml", "/proc/ticket.toml"):
        assert await scene.central("token", "new", TERMINAL, "--to", place) == 1
    assert [one.withdrawn_at for one in scene.house.registry.tokens.all()] == [None]
    assert await scene.central("revoke", "nord.r9") == 1
    assert await asyncio.to_thread(main, ["enrol", "run", "--server", "http://h", "--root", str(tmp_path)]) == 1
    assert await asyncio.to_thread(main, ["enrol", "renew", "--root", str(tmp_path / "blank")]) == 1
    said = capsys.readouterr().err
    for words in (
        "none.toml",
        "is no terminal",
        "never had a certificate",
        "begins with https://",
        "no certificate yet",
    ):
        assert words in said
