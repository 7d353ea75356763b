"""A terminal boots its own disk: real Debian, real systemd, our units, users and wheels; the central side is elsewhere.

Not shown here, since this systemd has no controllers of resources: MemoryMax=, CPUWeight=, TasksMax=.
"""

import asyncio
import contextlib
import json
import re
import signal
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.contract import codec, topics
from kiosk.contract.mqtt import Ack, AckState
from kiosk.contract.state import Phase
from provisioning.enrolment import ticket as tickets
from tests.fakes.appliance_probe import Loot, break_in, make_nodes
from tests.integration.appliance_house import (
    AGENT,
    CENTRAL,
    CONTACT,
    MEDIA,
    OUT_THERE,
    SHOWN_ENROLMENT,
    SHOWN_PAGE,
    TERMINAL,
    UI,
    ApplianceHouse,
    appliance_house,
)
from tests.integration.appliance_rights import SECRETS, TERMINAL_RIGHTS, holes
from tests.integration.calls import flowing, in_call
from tests.integration.house import KAYA

pytestmark = [pytest.mark.appliance, pytest.mark.asyncio(loop_scope="module")]

OURS = (AGENT, MEDIA, UI)
SOUND = "kiosk-sound.service"
PAGE = "kiosk-out-of-service.service"
_KNOCK_S = 1.0
_PORT = 2222


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[ApplianceHouse]:
    async with appliance_house() as house:
        yield house


async def test_without_a_ticket_there_is_a_code_on_the_screen(house: ApplianceHouse) -> None:
    """The app shows it before anything else of ours runs, and was not started anew since; the console lies below it."""
    assert house.first.title == "Die Technik muss diesen Code freigeben."
    said = r"^Code: (\w{4}-\w{4}-\w{4})\nWartet auf die Technik: .* \1 .*\nWaiting for staff: .* \1 "
    assert re.search(said, house.first.console, re.MULTILINE)
    assert set(house.first.states.values()) == {"inactive"}
    assert house.machine.show(UI, "MainPID", "NRestarts") == {"MainPID": str(house.first.app), "NRestarts": "0"}


async def test_a_ticket_makes_a_terminal_of_a_blank_machine(house: ApplianceHouse) -> None:
    """It has its certificate as a credential, the ticket is gone, and the console told the way."""
    machine = house.machine
    said = machine.run("cat", SHOWN_ENROLMENT)
    assert not machine.path(f"/boot/firmware/{tickets.NAME}").exists()
    assert f"Dieses Gerät ist angemeldet als {TERMINAL}.\nThis terminal is enrolled as {TERMINAL}." in said
    assert machine.path("/etc/rundtisch/enrolment.toml").exists()
    assert machine.state("kiosk-firstboot.service") == "inactive"
    keys = machine.run("find", "/etc", "/var", "/boot", "-name", "*key*", "-newer", "/etc/machine-id", "-type", "f")
    assert keys.split() == ["/etc/credstore.encrypted/mqtt-key"]


async def test_everything_of_ours_runs_each_as_its_own_user(house: ApplianceHouse) -> None:
    """No unit has failed; the help button's process was ready before the one with the camera began."""
    machine = house.machine
    await machine.until_state("kiosk.target")
    assert machine.run("systemctl", "--failed", "--no-legend").strip() == ""
    users = [machine.run("stat", "-c", "%U", f"/proc/{machine.pid(unit)}").strip() for unit in (*OURS, SOUND)]
    assert users == ["rundtisch-device", "rundtisch-media", "rundtisch-ui", "rundtisch-sound"]
    ready = int(machine.show(AGENT, "ActiveEnterTimestampMonotonic")["ActiveEnterTimestampMonotonic"])
    began = machine.show(MEDIA, "ExecMainStartTimestampMonotonic")["ExecMainStartTimestampMonotonic"]
    assert int(began) > ready


async def test_a_renewal_asked_for_by_central_reaches_the_agent_that_runs(house: ApplianceHouse) -> None:
    """Through both sandboxes: the key is swapped, handed over and used; no process is started anew, no session lost."""
    machine = house.machine
    pid, before = machine.pid(AGENT), machine.path("/etc/credstore.encrypted/mqtt-key").read_bytes()
    properties = Properties(PacketTypes.PUBLISH)
    properties.MessageExpiryInterval = 30
    async with house.speaking_as(house.made.made.central_file, "central-renewal") as central:
        topic = topics.terminal(TERMINAL, "command", "renew-certificate", "1")
        await central.publish(topic, b"{}", qos=1, properties=properties)
    await house.until(lambda: len(house.said("ack", "renew-certificate", "1")) > 1, 30.0, "the renewal's end")
    ack: Ack = codec.decode(house.said("ack", "renew-certificate", "1")[-1], Ack, "test")
    assert (ack.state, ack.result.get("is_new")) == (AckState.SUCCEEDED, True), machine.journal("kiosk-renew.service")
    assert machine.path("/etc/credstore.encrypted/mqtt-key").read_bytes() != before
    await house.until(lambda: "broker: a new certificate" in machine.journal(AGENT), 5.0, "the agent's new certificate")
    assert machine.pid(AGENT) == pid
    assert "lost" not in house.watcher.seen.status
    handed, folder = machine.path("/run/rundtisch/device/mqtt-key").stat(), machine.path("/run/rundtisch/device").stat()
    assert (handed.st_mode & 0o777, handed.st_uid) == (0o600, folder.st_uid)
    assert list(machine.path("/var/lib/rundtisch-enrolment").iterdir()) == []
    await machine.until_state("kiosk-renew.service", "inactive")  # it answers before it ends
    assert machine.state("kiosk-renew.path") == "active"


async def test_no_secret_stood_in_a_list_of_processes(house: ApplianceHouse) -> None:
    """While it was enrolled and renewed, on either side: no token, key or PIN in a command line or an environment."""
    house.machine.run("env", "CANARY=it-is-seen", "sleep", "0.3")
    house.processes.end()
    assert house.processes.has("provisioning", "enrol", "run")
    assert house.processes.has("provisioning", "enrol", "renew")
    assert house.processes.leaks({"canary": b"it-is-seen"})
    secrets = {**house.secrets(), "ticket": house.ticket.token.encode()}
    assert len(secrets) > 8
    assert house.processes.leaks(secrets) == []


async def test_its_own_check_finds_it_well(house: ApplianceHouse) -> None:
    """`provision check` on the machine itself: every verdict but the clock's, which nobody sets here."""
    command = ("/opt/rundtisch/current/.venv/bin/provision", "check", "--json")
    code, said = house.machine.attempt(*command)
    checks = json.loads(said)["checks"]
    faults = [one for one in checks if one["result"] == "fault" and one["part"] != "clock"]
    assert faults == []
    assert code in (0, 3)
    assert {"units", "secrets", "certificate", "versions"} <= {one["part"] for one in checks if one["result"] == "ok"}


# What a unit has no business with.


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="loot")
async def _loot(house: ApplianceHouse) -> dict[str, Loot]:
    await house.machine.until_state("kiosk.target")
    make_nodes(house.machine)
    return break_in(house.machine, TERMINAL_RIGHTS, SECRETS)


@pytest.mark.parametrize("unit", sorted(TERMINAL_RIGHTS))
async def test_a_burglar_in_a_unit_gets_no_further_than_the_unit(loot: dict[str, Loot], unit: str) -> None:
    """Network, keys, camera, others' memory, sockets, the disk: each service has what is written down for it."""
    assert holes(unit, TERMINAL_RIGHTS[unit], loot[unit]) == {}


async def _comes_in(port: int) -> bool:
    """Whether somebody out here reaches a port of the terminal."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_KNOCK_S):
            _, writer = await asyncio.open_connection(OUT_THERE, port)
            writer.close()
            return True
    return False


async def test_nothing_comes_in_but_what_is_configured(house: ApplianceHouse) -> None:
    """A service that listens is not reached, until somebody writes down that it shall be."""
    machine = house.machine
    listen = ("systemd-run", "--unit=listener", "python3", "-m", "http.server", str(_PORT))
    machine.run(*listen)
    await house.until(lambda: f":{_PORT}" in machine.run("ss", "-ltn"), 10.0, "the listener")
    assert not await _comes_in(_PORT)
    rule = f"add rule inet rundtisch configured ip saddr {CENTRAL} tcp dport {_PORT} accept\n"
    machine.path("/etc/rundtisch/nftables.d/test.nft").write_text(rule)
    machine.run("systemctl", "reload", "nftables.service")
    assert await _comes_in(_PORT)
    machine.run("systemctl", "stop", "listener.service")


# What keeps it up.


@pytest.mark.parametrize("unit", [*OURS, SOUND])
async def test_a_process_dies_in_a_session_and_the_session_goes_on(house: ApplianceHouse, unit: str) -> None:
    """kill -9; systemd starts it again, and pictures flow both ways."""
    await in_call(house)
    before = house.machine.pid(unit)
    house.machine.run("systemctl", "kill", "--signal=KILL", "--kill-whom=main", unit)
    await house.until(lambda: house.machine.pid(unit) not in (0, before), 10.0, f"{unit} again")
    await house.machine.until_state(unit)
    await flowing(house, KAYA.desk, 15.0)
    assert house.state().phase is Phase.SESSION


async def test_a_process_that_hangs_is_started_anew(house: ApplianceHouse) -> None:
    """All three are stopped in their tracks, of the app the compositor; watchdogs bite, and the session goes on."""
    machine = house.machine
    await in_call(house)
    before = {unit: machine.show(unit, "MainPID", "NRestarts") for unit in OURS}
    for unit in OURS:
        machine.run("systemctl", "kill", f"--signal={signal.SIGSTOP.name}", "--kill-whom=main", unit)
    for unit, was in before.items():
        await house.until(lambda: machine.pid(unit) not in (0, int(was["MainPID"])), 40.0, f"{unit} again")  # noqa: B023
        await machine.until_state(unit)
        assert int(machine.show(unit, "NRestarts")["NRestarts"]) == int(was["NRestarts"]) + 1
        assert re.search("Watchdog (timeout|request)", machine.run("journalctl", "--no-pager", "-u", unit))
    await flowing(house, KAYA.desk, 15.0)


async def test_a_session_ends_and_is_forgotten(house: ApplianceHouse) -> None:
    """By touches; nothing of it is left in the agent's memory."""
    await in_call(house)
    await house.hands.touch("end")
    await house.hands.touch("confirm-end")
    await house.until(lambda: house.state().session is None, 10.0, "the session is forgotten")
    await house.hands.until(phase="ended")


async def test_what_cannot_run_says_so_on_the_screen_and_comes_back_once_it_can(house: ApplianceHouse) -> None:
    """A bad value: the agent is not started again and again, the page names whom to call; mended, all is well."""
    machine = house.machine
    file = machine.path("/etc/rundtisch/terminal.toml")
    good = file.read_text()
    file.write_text(good.replace("[room]", "[rooom]"))
    machine.attempt("systemctl", "restart", AGENT)
    await machine.until_state(AGENT, "failed", 20.0)
    await machine.until_state(PAGE)
    assert f"Please ask:\n\n        {CONTACT}\n" in machine.run("cat", SHOWN_PAGE)
    assert machine.state(UI) == "inactive"
    file.write_text(good)
    await machine.until_state(UI, timeout_s=30.0)  # by kiosk-again.timer
    await machine.until_state(AGENT)
    assert machine.state(PAGE) == "inactive", machine.journal(lines=80)


async def test_what_dies_again_and_again_is_given_up_after_ten_times(house: ApplianceHouse) -> None:
    """And not before."""
    machine = house.machine
    await machine.until_state(UI)
    machine.run("systemctl", "reset-failed", UI)  # the deaths of the tests before do not count
    deaths = 0
    while machine.state(UI) != "failed":
        if pid := machine.pid(UI):
            machine.attempt("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UI)
            deaths += 1
            await house.until(lambda: machine.pid(UI) != pid or machine.state(UI) == "failed", 5.0, "a next life")
    assert deaths == 11  # the life that was, and ten more
    assert "repeated too quickly" in machine.run("journalctl", "--no-pager", "-u", UI)
    await machine.until_state(PAGE)
    assert machine.state(AGENT) == "active"
