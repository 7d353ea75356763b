"""A booted terminal under real systemd updates itself, and takes back what does not run."""

import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.bench.updating import change
from tests.fakes.appliance import Machine
from tests.fakes.process_list import ProcessList, secrets_below
from tests.integration.appliance_house import AGENT, MEDIA, UI
from tests.integration.update_house import PROBATION_S, UpdateHouse, update_house

_BEGAN, _READY = "ExecMainStartTimestampMonotonic", "ActiveEnterTimestampMonotonic"

pytestmark = [pytest.mark.appliance, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="house")
async def _house() -> AsyncIterator[UpdateHouse]:
    async with update_house() as house:
        yield house


@contextlib.contextmanager
def failing_as_it_is_stopped(machine: Machine, unit: str) -> Iterator[None]:
    """As one does that has to be killed."""
    words = machine.path(f"/run/systemd/system/{unit}.d/fails.conf")
    words.parent.mkdir()
    words.write_text("[Service]\nExecStop=/bin/false\n")
    machine.run("systemctl", "daemon-reload")
    yield
    words.unlink()
    machine.run("systemctl", "daemon-reload")


async def test_a_release_is_taken_and_proves_itself(house: UpdateHouse) -> None:
    """The units of the old version do it all; the monitor hears of every step, and no list of processes of a secret.

    How one of the old version's processes ends is nothing that the new one would be taken back for.
    """
    machine = house.machine
    began = {unit: int(machine.show(unit, _BEGAN)[_BEGAN]) for unit in (MEDIA, UI)}
    assert min(began.values()) > int(machine.show(AGENT, _READY)[_READY]), "the help button's process was ready first"
    before = machine.pid(AGENT)
    with ProcessList() as processes, failing_as_it_is_stopped(machine, MEDIA):
        assert await change(house, 2, 2, 60.0, is_well=True) < 30, "so long the terminal is away"
    assert "Failed with result 'exit-code'" in machine.journal(MEDIA)
    said = machine.run("journalctl", "--no-pager", *(f"--unit={unit}" for unit in (AGENT, MEDIA, UI)))
    assert "Traceback" not in said, "the old version has met parts of the new one"
    assert processes.has("provisioning", "update", "run")
    assert processes.leaks({**house.secrets(), **secrets_below(house.publisher.folder)}) == []
    assert house.link("proven") == "versions/1"
    await house.until_told(30, serial="2", phase="probation")
    await machine.until_state("kiosk-probation.service")
    await house.until(lambda: house.link("proven") == "versions/2", PROBATION_S + 30, "version 2 is proven")
    await machine.until_state("kiosk-probation.service", "inactive")
    assert machine.pid(AGENT) not in (0, before)
    await house.until_told(10, serial="2", phase="idle", cause="")
    assert machine.run("systemctl", "--failed", "--no-legend").strip() == ""


async def test_a_version_that_does_not_start_is_taken_back(house: UpdateHouse) -> None:
    """Its agent ends at once, again and again: a minute later everything is as before, and the monitor knows why."""
    machine = house.machine
    assert await change(house, 3, 2, 90.0, is_well=False) < 60
    await house.until_told(10, serial="2", phase="idle", cause="did-not-start")
    await machine.until_state(AGENT)
    assert (house.link("current"), house.link("proven")) == ("versions/2", "versions/2")
    await house.hands.until(phase="idle", timeout_s=40)
    await house.update()
    assert house.link("current") == "versions/2", "it is not tried again"


async def test_the_power_goes_while_a_version_is_on_probation(house: UpdateHouse) -> None:
    """Its watch begins anew with the next start, before anything of it runs; the start is counted."""
    house.release(4)
    house.ask("apply")
    await house.until(lambda: house.machine.state("kiosk-probation.service") == "active", 30.0, "the probation")
    async with house.after_a_power_cut() as machine:
        await machine.until_state("kiosk-probation.service")
        watched = machine.path("/var/lib/rundtisch-update/probation.json").read_text()
        assert '"boots":1' in watched
        await machine.until_state(AGENT)

        def proven() -> str:
            return machine.run("readlink", "/opt/rundtisch/proven").strip()

        await house.until(lambda: proven() == "versions/4", PROBATION_S + 40, "version 4 is proven")
