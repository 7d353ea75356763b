"""A terminal that updates itself from a real web server: the way through, and everything that is not to be believed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as daytime
from pathlib import Path

import pytest

from kiosk.contract.update import Cause, Phase, Wish
from kiosk.runtime.lock import Lock
from provisioning.release import ceremony, rings
from provisioning.update.install import install
from tests.fakes.releases import TERMINAL, Machine, Publisher, WebServer, make_bundle, web_server


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of a terminal that came with version 1, and of one on which versions 2 and 3 lie ready as well."""
    folder = tmp_path_factory.mktemp("disks")
    publisher = Publisher(folder / "publisher")
    first = Machine(folder / "first", publisher.root_file, "", make_bundle(folder, 1)).software
    ready = Machine(folder / "ready", publisher.root_file, "", first)
    for serial in (2, 3):
        install(make_bundle(folder, serial), ready.updater().versions, ready.file, datetime.now(UTC))
    return first, ready.software


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publisher")


@pytest.fixture
def server(publisher: Publisher) -> Iterator[WebServer]:
    with web_server(publisher.repository.public) as server:
        yield server


@pytest.fixture
def machine(tmp_path: Path, publisher: Publisher, server: WebServer, disks: tuple[Path, Path]) -> Iterator[Machine]:
    machine = Machine(tmp_path / "machine", publisher.root_file, server.url, disks[0])
    yield machine
    machine.services.stop()


@pytest.fixture
def ready(tmp_path: Path, publisher: Publisher, server: WebServer, disks: tuple[Path, Path]) -> Iterator[Machine]:
    """Has versions 2 and 3 on its disk, so that nothing is to be loaded any more."""
    machine = Machine(tmp_path / "ready", publisher.root_file, server.url, disks[1])
    yield machine
    machine.services.stop()


def _kinds(machine: Machine) -> list[str]:
    return [kind for kind, _ in machine.notes()]


def test_a_release_is_taken_watched_and_kept(machine: Machine, publisher: Publisher) -> None:
    """Loaded, installed, switched to, and after its probation the one to go back to."""
    publisher.release(2)
    assert machine.update().phase is Phase.PROBATION
    assert machine.running() == 2
    updater = machine.updater()
    assert (updater.versions.current, updater.versions.proven) == (2, 1)
    assert updater.probation.resume()
    assert updater.probation.watch() is None
    assert (updater.versions.current, updater.versions.proven) == (2, 2)
    assert _kinds(machine) == ["update-switched", "update-proven"]
    assert [len(list(updater.versions.folder(one).glob("tools/*"))) for one in (1, 2)] == [0, 1]
    assert machine.services.said == ["place", "restart", "watch"]


def test_a_version_that_does_not_run_is_taken_back(machine: Machine, publisher: Publisher) -> None:
    """Its agent ends at once: after the patience the one before it runs again, and central is told why."""
    publisher.release(2, is_well=False)
    machine.update()
    updater = machine.updater()
    assert updater.probation.resume()
    assert updater.probation.watch() is Cause.NOT_READY
    assert (machine.running(), updater.versions.proven) == (1, 1)
    assert machine.notes()[-1] == (
        "update-rolled-back",
        {"serial": 2, "to": 1, "cause": "not-ready", "detail": ""},
    )
    told = machine.update()
    assert (told.serial, told.offered, told.cause) == (1, 2, "not-ready")
    assert machine.running() == 1, "what was taken back is not tried again"


def test_a_version_that_fails_its_own_test_is_never_switched_to(machine: Machine, publisher: Publisher) -> None:
    """It is thrown away, and not loaded again."""
    publisher.release(2, trial=3)
    assert machine.update().cause == Cause.TRIAL_FAILED.value
    assert machine.updater().versions.complete() == (1,)
    told = machine.update()
    assert (told.serial, told.offered, told.cause) == (1, 2, Cause.TRIAL_FAILED.value)
    assert _kinds(machine) == ["update-failed"]


def test_never_while_the_room_is_in_use(ready: Machine, publisher: Publisher) -> None:
    """The version is prepared, and switched to when whoever holds the lock is gone."""
    publisher.release(2)
    agent = Lock(ready.lock_file)
    assert agent.take()
    waited: list[int] = []

    def pause(seconds: float) -> None:
        waited.append(ready.running())
        if len(waited) == 2:
            agent.give()

    ready.updater(pause).run(Wish.APPLY)
    assert waited == [1, 1]
    assert ready.running() == 2


def test_an_agent_that_died_is_waited_for(ready: Machine, publisher: Publisher) -> None:
    """It may have died in a session: it gets a minute to come back to it and take the lock again."""
    publisher.release(2)
    with subprocess.Popen([sys.executable, "-c", ""]) as agent:
        ready.says(pid=agent.pid)
    lock = Lock(ready.lock_file)
    waited = 0

    def pause(seconds: float) -> None:
        nonlocal waited
        waited += 1
        if waited == 3:
            assert lock.take()
            ready.says()
        elif waited == 6:
            lock.give()
        assert ready.running() == 1

    ready.updater(pause).run(Wish.APPLY)
    assert waited == 6
    assert ready.running() == 2


def test_only_in_the_window(ready: Machine, publisher: Publisher) -> None:
    """Before it the version is prepared and waits."""
    publisher.release(2)
    now = datetime.now(UTC)
    ready.now = lambda: now.replace(hour=12)
    ready.set(begin=daytime(2), end=daytime(3))
    assert ready.update(None).phase is Phase.WAITING
    assert ready.running() == 1
    ready.now = lambda: now.replace(hour=1, minute=30) + timedelta(days=1)  # 02:30 in Berlin's winter
    ready.set(time_zone="Etc/GMT-1")
    assert ready.update(None).phase is Phase.PROBATION


def test_rings(ready: Machine, publisher: Publisher) -> None:
    """Only who is in the ring; a halt stops who has not begun."""
    place = int(rings.place(TERMINAL))
    publisher.release(2, percent=place)
    assert ready.update().phase is Phase.IDLE
    publisher.roll_out(2, 100, is_halted=True)
    assert ready.update().phase is Phase.IDLE
    assert ready.running() == 1
    publisher.roll_out(2, place + 1)
    ready.update()
    assert ready.running() == 2


def test_a_halt_while_a_version_waits(ready: Machine, publisher: Publisher) -> None:
    """The last word of the server is asked for right before the change."""
    publisher.release(2)
    agent = Lock(ready.lock_file)
    assert agent.take()

    def pause(seconds: float) -> None:
        publisher.roll_out(2, 100, is_halted=True)
        agent.give()

    ready.updater(pause).run(Wish.APPLY)
    assert ready.running() == 1


def test_a_download_goes_on_where_it_broke_off(machine: Machine, publisher: Publisher, server: WebServer) -> None:
    """Also where the server knows no ranges."""
    machine.updater().versions.shed(0)
    length = publisher.release(2).stat().st_size
    server.most_bytes = length // 3
    assert machine.update().cause == Cause.NO_SERVER.value
    assert machine.update().cause == Cause.NO_SERVER.value
    server.most_bytes = length
    server.knows_ranges = False
    machine.update()
    assert machine.running() == 2
    ranges = [range_ for path, range_ in server.asked if "/bundles/" in path]
    assert ranges[0].startswith("bytes=0-")
    assert all(ranges[1:])


def test_a_download_takes_no_more_than_its_share(machine: Machine, publisher: Publisher) -> None:
    """At the rate of the configuration it would take seconds; here they are counted, not waited for."""
    length = publisher.release(2).stat().st_size
    machine.set(rate_kbps=int(length * 8 / 1000 / 1.5))
    before = datetime.now(UTC)
    machine.update(Wish.CHECK)
    assert datetime.now(UTC) - before > timedelta(seconds=1.3)


def test_back_by_hand(ready: Machine, publisher: Publisher) -> None:
    """To the last version before, which then is the proven one; the other is not taken again."""
    publisher.release(2)
    ready.update()
    ready.updater().probation.watch()
    assert ready.update(Wish.ROLL_BACK).cause == Cause.BY_HAND.value
    assert ready.running() == 1
    assert not ready.updater().versions.is_on_probation
    ready.update()
    assert ready.running() == 1


def test_back_by_hand_while_on_probation(ready: Machine, publisher: Publisher) -> None:
    """Nobody has to wait for the verdict."""
    publisher.release(2)
    ready.update()
    assert ready.update(Wish.ROLL_BACK).cause == Cause.BY_HAND.value
    assert ready.running() == 1
    assert not ready.updater().versions.is_on_probation


# --- what is not to be believed -------------------------------------------------------------------------------------


def _is_refused(machine: Machine, *causes: Cause) -> None:
    progress = machine.update()
    assert progress.cause in {cause.value for cause in causes}, progress
    assert machine.running() == 1
    assert not machine.updater().versions.is_on_probation


def test_too_few_signatures(machine: Machine, publisher: Publisher, server: WebServer) -> None:
    """One of the two that are needed is taken away on the server."""
    publisher.release(2)

    def falsify(path: str, data: bytes) -> bytes:
        if not path.endswith("targets.json"):
            return data
        metadata = json.loads(data)
        metadata["signatures"] = metadata["signatures"][:1]
        return json.dumps(metadata).encode()

    server.falsify = falsify
    _is_refused(machine, Cause.NOT_TRUSTED)


def test_a_wrong_key(machine: Machine, tmp_path: Path, publisher: Publisher, server: WebServer) -> None:
    """A whole repository by other people, who have our server."""
    other = Publisher(tmp_path / "other")
    other.release(2)
    server.folder = other.repository.public
    _is_refused(machine, Cause.NOT_TRUSTED)


def test_a_revoked_key(ready: Machine, publisher: Publisher) -> None:
    """Carla's key is lost: what it signs with Ben's is not taken any more; with a good one it is."""
    publisher.revoke("carla")
    publisher.stage(2)
    publisher.force_publish(by=("ben", "carla"))
    _is_refused(ready, Cause.NOT_TRUSTED)
    publisher.publish(by=("anna", "ben"))
    publisher.roll_out(2)
    ready.update()
    assert ready.running() == 2


def test_stolen_unattended_keys(ready: Machine, publisher: Publisher, tmp_path: Path, server: WebServer) -> None:
    """With new ones in force the thief can neither roll out nor renew; what was seen before does not hinder."""
    publisher.release(2, percent=0)
    ready.update()
    stolen = Publisher.of(shutil.copytree(publisher.folder, tmp_path / "stolen"))
    ceremony.replace_online(publisher.repository, datetime.now(UTC))
    publisher.publish()
    assert ready.update().cause == ""
    stolen.roll_out(2)
    for name in ("3.root.json", "2.root.json"):  # the thief passes on what there is no way around
        path = publisher.repository.metadata / name
        if path.exists():
            shutil.copy(path, stolen.repository.metadata)
    server.folder = stolen.repository.public
    _is_refused(ready, Cause.NOT_TRUSTED, Cause.OLDER)
    server.folder = publisher.repository.public
    publisher.roll_out(2)
    ready.update()
    assert ready.running() == 2


def test_rollback_attack(machine: Machine, publisher: Publisher, server: WebServer, tmp_path: Path) -> None:
    """Yesterday's metadata, all signed, after today's was seen."""
    yesterday = publisher.snapshot(tmp_path / "yesterday")
    publisher.release(2, percent=0)
    machine.update()
    server.folder = yesterday
    _is_refused(machine, Cause.OLDER)


def test_freeze_attack(machine: Machine, publisher: Publisher) -> None:
    """The server always says the same: after a week that is noticed."""
    publisher.release(2)
    publisher.publish(now=datetime.now(UTC) - timedelta(days=7, seconds=1))
    _is_refused(machine, Cause.EXPIRED)


def test_mix_and_match(machine: Machine, publisher: Publisher, server: WebServer) -> None:
    """The list of releases of one day with the snapshot of another."""
    publisher.release(2, percent=0)
    old = sorted(publisher.repository.metadata.glob("*.targets.json"))[0].read_bytes()
    server.falsify = lambda path, data: old if path.endswith("targets.json") else data
    _is_refused(machine, Cause.NOT_TRUSTED)


@pytest.mark.parametrize("name", ["timestamp.json", "targets.json", ".tar"])
def test_endless_data(machine: Machine, publisher: Publisher, server: WebServer, name: str) -> None:
    """More than was signed, or than metadata may have, is not read to its end."""
    publisher.release(2)
    server.falsify = lambda path, data: data + b" " * 6_000_000 if path.endswith(name) else data
    _is_refused(machine, Cause.NOT_TRUSTED, Cause.DAMAGED)
    downloads = list((machine.configuration.update.state_directory / "downloads").glob("*"))
    assert all(path.stat().st_size < 6_000_000 for path in downloads)


def test_a_truncated_bundle(machine: Machine, publisher: Publisher, server: WebServer) -> None:
    """It ends too early, and the server says that this is all."""
    publisher.release(2)
    for keep in (0, 700, -1):
        server.falsify = lambda path, data, keep=keep: data[:keep] if path.endswith(".tar") else data  # type: ignore[misc]
        _is_refused(machine, Cause.NO_SERVER)


def test_a_bundle_with_another_byte(machine: Machine, publisher: Publisher, server: WebServer) -> None:
    """As long as the one that was signed; it is thrown away, and the right one taken next time."""
    publisher.release(2)
    server.falsify = lambda path, data: data[:-2000] + b"x" + data[-1999:] if path.endswith(".tar") else data
    _is_refused(machine, Cause.DAMAGED)
    server.falsify = lambda path, data: data
    machine.update()
    assert machine.running() == 2


def test_older_than_installed(ready: Machine, publisher: Publisher) -> None:
    """Signed well and rolled out, but less than what runs."""
    publisher.release(3)
    ready.update()
    ready.updater().probation.watch()
    publisher.release(2)
    assert ready.update().cause == Cause.OLDER.value
    assert ready.running() == 3


def test_a_bundle_for_other_machines(machine: Machine, publisher: Publisher) -> None:
    publisher.release(2, machine="riscv64-cp311")
    _is_refused(machine, Cause.NOT_FOR_US)


def test_a_bundle_past_its_day(machine: Machine, publisher: Publisher) -> None:
    """The manifest's own day of expiry."""
    publisher.release(2, days=-1)
    _is_refused(machine, Cause.EXPIRED)


def test_a_clock_at_1970(ready: Machine, publisher: Publisher) -> None:
    """Then nothing would ever have expired: nothing is done until there is a time."""
    publisher.release(2)
    ready.now = lambda: datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    _is_refused(ready, Cause.CLOCK_UNSET)
    ready.now = lambda: datetime.now(UTC)
    ready.update()
    assert ready.running() == 2


def test_no_server(machine: Machine, publisher: Publisher, server: WebServer) -> None:
    """Said once, not every night."""
    publisher.release(2)
    server.is_down = True
    _is_refused(machine, Cause.NO_SERVER)
    _is_refused(machine, Cause.NO_SERVER)
    assert _kinds(machine) == ["update-failed"]


def test_a_sign_in_page_in_the_place_of_the_server(ready: Machine, publisher: Publisher, server: WebServer) -> None:
    """A network that wants somebody to sign in answers everything with its page."""
    publisher.release(2)
    server.falsify = lambda path, data: b"<html>Welcome! Please sign in.</html>"
    _is_refused(ready, Cause.NOT_TRUSTED)


def test_no_root(machine: Machine, publisher: Publisher) -> None:
    """Without the file that says whose signatures count nothing is believed."""
    publisher.release(2)
    machine.configuration.update.root_file.write_bytes(b"{}")
    _is_refused(machine, Cause.NOT_TRUSTED)
