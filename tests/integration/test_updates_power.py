"""Power cuts while a terminal updates itself, with real SIGKILL to all its processes: always a version that runs."""

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from datetime import time as daytime
from pathlib import Path

import pytest

from kiosk.contract.update import Cause, Wish
from provisioning.update.install import GROWTH, RESERVE_BYTES, install
from tests.fakes.releases import Machine, Publisher, make_bundle, web_server

_CUTS = 20


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    publisher = Publisher(tmp_path_factory.mktemp("publisher"))
    publisher.release(2)
    return publisher


@pytest.fixture(scope="module")
def url(publisher: Publisher) -> Iterator[str]:
    with web_server(publisher.repository.public) as server:
        yield server.url


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory, publisher: Publisher) -> tuple[Path, Path]:
    """Of a terminal with version 1, and of one that has version 2 ready beside it."""
    folder = tmp_path_factory.mktemp("disks")
    first = Machine(folder / "first", publisher.root_file, "", make_bundle(folder, 1)).software
    ready = Machine(folder / "ready", publisher.root_file, "", first)
    install(publisher.folder / "2.tar", ready.updater().versions, ready.file, datetime.now(UTC))
    return first, ready.software


class Mains:
    """The switch of terminals' power."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.power_cut"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def order(self, machine: Machine, words: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{words} {machine.file}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer, "the terminal itself has failed"
        return answer


@pytest.fixture(scope="module")
def mains() -> Iterator[Mains]:
    mains = Mains()
    yield mains
    mains.process.communicate()


class Sweep:
    """The same done again and again from the same disk, cut one change later each time."""

    def __init__(self, folder: Path, publisher: Publisher, url: str, disk: Path) -> None:
        self._folder, self._root, self._url, self._disk = folder, publisher.root_file, url, disk
        self._count = 0

    def machine(self) -> Machine:
        self._count += 1
        return Machine(self._folder / str(self._count), self._root, self._url, self._disk)


def _runs(machine: Machine) -> int:
    """After the power is back: which version runs, by its own word. The start of the watch is done as units do it."""
    assert machine.updater().versions.manifest(machine.updater().versions.current) is not None
    machine.updater().probation.resume()
    machine.services.stop()
    return machine.running()


@pytest.mark.timeout(300)
def test_a_cut_before_every_change_of_the_disk(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains
) -> None:
    """From the first look to the change of version, which was prepared; whatever was cut is done the next time."""
    last, switched = 0, 0
    sweep = Sweep(tmp_path, publisher, url, disks[1])
    answer = "cut"
    while answer == "cut":
        last += 1
        machine = sweep.machine()
        answer = mains.order(machine, f"cut update {last}")
        runs = _runs(machine)
        assert runs in (1, 2), f"cut {last}"
        switched += runs == 2
        if last % 8 == 0:
            assert mains.order(machine, "cut update 0").startswith("done")
            assert machine.updater().versions.proven == 2, f"cut {last}"
    assert last > 20
    assert 0 < switched < last


@pytest.mark.parametrize("what", ["prove", "back"])
def test_a_cut_before_every_step_of_the_verdict(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains, what: str
) -> None:
    """What was decided is carried out when the power is back, or decided again."""
    sweep = Sweep(tmp_path, publisher, url, disks[1])
    answer, last = "cut", 0
    while answer == "cut":
        last += 1
        machine = sweep.machine()
        machine.updater().probation.begin(2)
        machine.services.stop()
        answer = mains.order(machine, f"cut {what} {last}")
        assert _runs(machine) in (1, 2), f"cut {last}"
        versions = machine.updater().versions
        if what == "back" and machine.updater().notebook.refusals():
            assert (versions.current, versions.proven) == (1, 1), f"cut {last}"
        if what == "prove":
            assert versions.current == 2
    assert last > 3


def test_a_cut_in_the_middle_of_the_installation(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains
) -> None:
    """What is half there does not count, and is gone with the next try."""
    machine = Sweep(tmp_path, publisher, url, disks[0]).machine()
    total = int(mains.order(machine, "cut update 0").removeprefix("done "))
    sweep = Sweep(tmp_path / "sweep", publisher, url, disks[0])
    machine = sweep.machine()
    for last in range(total * 2 // 5, total - 20, max(1, total // 12)):
        mains.order(machine, f"cut update {last}")
        assert _runs(machine) in (1, 2), f"cut {last}"
    mains.order(machine, "cut update 0")
    assert machine.updater().versions.proven == 2


@pytest.mark.timeout(300)
def test_twenty_cuts_at_random(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains
) -> None:
    """At any moment of update and watch; as soon as one has come through, there is the next release."""
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    machine = Sweep(tmp_path, publisher, url, disks[0]).machine()
    wanted, cuts, runs = 3, 0, []
    begin_s = time.monotonic()
    assert mains.order(machine, "cut update 0").startswith("done")
    whole_s = time.monotonic() - begin_s
    publisher.release(wanted)
    while cuts < _CUTS:
        answer = mains.order(machine, f"after update {chance.uniform(0, whole_s):.3f}")
        cuts += answer == "cut"
        runs.append(_runs(machine))
        assert runs[-1] in (wanted - 1, wanted), (seed, runs)
        if machine.updater().versions.proven == wanted:
            wanted += 1
            publisher.release(wanted)
    mains.order(machine, "cut update 0")
    assert machine.running() >= wanted - 1


def test_cuts_in_the_probation_are_counted(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains
) -> None:
    """Somebody may pull the plug; who starts again for the third time goes back."""
    machine = Sweep(tmp_path, publisher, url, disks[1]).machine()
    machine.updater().probation.begin(2)
    for boot in ("one", "two"):
        machine.boots(boot)
        assert machine.updater().probation.resume()
    machine.boots("three")
    assert not machine.updater().probation.resume()
    assert machine.running() == 1
    assert machine.notes()[-1][1]["cause"] == Cause.POWER_CUT.value
    machine.services.stop()


def _install_on_a_disk(machine: Machine, size_bytes: int, bundle: Path) -> list[str]:
    """What `tests.fakes.full_disk` says of an installation where the software has a disk of its own."""
    script = (
        'mount -t tmpfs -o size="$3" none "$1/run" && cp -a "$1/software" "$1/run/" && '
        'mount --bind "$1/run/software" "$1/software" && exec "$2" -m tests.fakes.full_disk "$1/terminal.toml" "$4"'
    )
    words = ["sh", "-c", script, "sh", str(machine.folder), sys.executable, str(size_bytes), str(bundle)]
    done = subprocess.run(["unshare", "--mount", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_full_disk(tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains) -> None:
    """Packages that are larger than they looked: nothing of them is left, and what runs goes on running."""
    machine = Sweep(tmp_path, publisher, url, disks[0]).machine()
    bundle = make_bundle(tmp_path, 9, padding=80 << 20)
    assert _install_on_a_disk(machine, 60 << 20, bundle) == ["disk-full", "1", "versions:", "1"]


def test_on_a_small_disk_what_is_kept_for_the_next_download_goes_first(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path]
) -> None:
    """It needs no more room than if nothing were kept; a megabyte less, and it says so."""
    machine = Sweep(tmp_path, publisher, url, disks[0]).machine()
    bundle = make_bundle(tmp_path, 9)
    files = [path for path in machine.software.rglob("*") if path.is_file() and not path.is_symlink()]
    there, kept = (
        sum(-(-path.stat().st_size // 4096) * 4096 for path in some)
        for some in (files, [path for path in files if {"wheels", "tools"} & set(path.parts)])
    )
    assert kept > 1 << 20
    needed = there - kept + bundle.stat().st_size * GROWTH + RESERVE_BYTES
    assert _install_on_a_disk(machine, needed + (512 << 10), bundle) == ["1", "versions:", "1", "9"]
    assert _install_on_a_disk(machine, needed - (512 << 10), bundle) == ["disk-full", "1", "versions:", "1"]


def test_too_little_room_is_seen_before(
    tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path], mains: Mains
) -> None:
    """Nothing is loaded that would not fit."""
    machine = Sweep(tmp_path, publisher, url, disks[0]).machine()
    script = 'mount -t tmpfs -o size=16m none "$1/state" && exec "$2" -m tests.fakes.full_disk "$1/terminal.toml"'
    words = ["sh", "-c", script, "sh", str(machine.folder), sys.executable]
    done = subprocess.run(["unshare", "--mount", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["disk-full", "1", "versions:", "1"]), done.stderr
    machine.set(begin=daytime(0), end=daytime(0, 0, 1))
    assert machine.update(Wish.CHECK).cause == ""


def test_the_way_back_needs_no_room(tmp_path: Path, publisher: Publisher, url: str, disks: tuple[Path, Path]) -> None:
    """The new version has filled the disk: nothing can be written down, but the old one runs again."""
    machine = Sweep(tmp_path, publisher, url, disks[1]).machine()
    machine.updater().probation.begin(2)
    machine.services.stop()
    script = (
        'mount -t tmpfs -o size=16k none "$1/run" && cp -a "$1/state/." "$1/run/" && '
        'mount --bind "$1/run" "$1/state" && { cat /dev/zero > "$1/state/hog" 2> /dev/null || true; } && '
        'exec "$2" -m tests.fakes.full_disk "$1/terminal.toml" back'
    )
    words = ["sh", "-c", script, "sh", str(machine.folder), sys.executable]
    done = subprocess.run(["unshare", "--mount", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "1"), done.stderr
    assert machine.running() == 1
