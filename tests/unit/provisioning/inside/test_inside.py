"""`provision check` on terminals that are folders: what is well, what is not, and what mends it."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract import codec
from kiosk.contract.renewal import Outcome
from provisioning import installation
from provisioning.__main__ import main
from provisioning.authority import Authority
from provisioning.enrolment import ticket
from provisioning.inside import identity, secrets, units, wear
from provisioning.inside.machine import Machine
from provisioning.inside.survey import survey
from provisioning.outcome import DONE, PARTLY_DONE
from provisioning.outside.verdict import Result, Verdict

TERMINAL = "nord.r1"
SYSTEMD = Path(__file__).parents[4] / "systemd"
NOW = datetime.now(UTC)


@dataclass
class Systemctl:
    """Says what a systemd would: all runs, but for what a test changes."""

    changes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __call__(self, command: Sequence[str]) -> str:
        if command[0] == "timedatectl":
            return "yes\n"
        named = [word for word in command[2:] if not word.startswith("--")]
        unit = named[0] if named else ""
        state = {"Version": "257", "RuntimeWatchdogUSec": "15s"}
        if unit:
            load = "masked" if unit in units.MASKED else "loaded"
            state = {"ActiveState": "active", "Result": "success", "NRestarts": "0", "LoadState": load}
        return "\n".join(f"{name}={value}" for name, value in (state | self.changes.get(unit, {})).items())


@dataclass
class Terminal:
    """A whole one in a folder."""

    root: Path
    systemctl: Systemctl = field(default_factory=Systemctl)
    now: datetime = NOW
    uptime_s: float = 86400.0

    @property
    def machine(self) -> Machine:
        return Machine(self.root, self.systemctl, lambda: self.now, lambda: self.uptime_s)

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `provision` leaves on a terminal, with a disk of 32 GB of which 1 GB a day is written."""
    folder = tmp_path_factory.mktemp("whole")
    made = installation.create(folder / "house", installation.Plan(terminals=(TERMINAL,), hosts=("127.0.0.1",)))
    root = folder / "root"
    shutil.copytree(made.terminal_file(TERMINAL).parent, root / "etc/rundtisch")
    (root / "etc/rundtisch/credentials").chmod(0o700)
    shutil.copytree(SYSTEMD, root / units.SOFTWARE)
    (root / "etc/systemd/system").mkdir(parents=True)
    for name in ("kiosk-device.service", "kiosk-ui.service"):
        shutil.copy(SYSTEMD / name, root / "etc/systemd/system")
    disk = root / "sys/block/mmcblk0"
    disk.mkdir(parents=True)
    (disk / "size").write_text("62500000\n")
    (disk / "stat").write_text("9 0 9 9 9 0 1953125 9 0 9 9\n")
    return root


@pytest.fixture
def terminal(whole: Path, tmp_path: Path) -> Terminal:
    root = tmp_path / "root"
    shutil.copytree(whole, root)
    return Terminal(root)


def of(verdicts: Sequence[Verdict], part: str, check: str) -> Verdict:
    return next(one for one in verdicts if (one.part, one.check) == (part, check))


def faults(verdicts: Sequence[Verdict]) -> list[str]:
    return [f"{one.part}, {one.check}" for one in verdicts if one.result is Result.FAULT]


def test_a_whole_terminal_has_no_fault_and_every_verdict_is_in_words(terminal: Terminal) -> None:
    """What cannot be known is skipped, and says why."""
    verdicts = survey(terminal.machine)
    assert faults(verdicts) == []
    assert all(one.detail for one in verdicts)
    assert "of nord.r1" in of(verdicts, "configuration", "/etc/rundtisch/terminal.toml").detail


def test_a_unit_that_failed_is_named_with_the_way_to_its_reason(terminal: Terminal) -> None:
    """So are one that comes back again and again, and one that is not there."""
    terminal.systemctl.changes = {
        "kiosk-ui.service": {"ActiveState": "failed", "Result": "watchdog"},
        "kiosk-media.service": {"NRestarts": "7"},
        "nftables.service": {"LoadState": "not-found", "ActiveState": "inactive"},
    }
    verdicts = list(units.check(terminal.machine))
    assert faults(verdicts) == ["units, kiosk-media.service", "units, kiosk-ui.service", "units, nftables.service"]
    failed = of(verdicts, "units", "kiosk-ui.service")
    assert failed.detail == "failed (watchdog)"
    assert "journalctl -u kiosk-ui.service" in failed.remedy


def test_a_console_that_can_be_reached_is_a_fault(terminal: Terminal) -> None:
    """Whoever has a keyboard would be in."""
    terminal.systemctl.changes = {"getty@tty1.service": {"LoadState": "loaded"}}
    found = of(list(units.check(terminal.machine)), "units", "no console")
    assert (found.result, found.remedy) == (Result.FAULT, units.INSTALL)
    assert "getty@tty1.service" in found.detail


def test_settings_of_another_version_are_noticed(terminal: Terminal) -> None:
    """An update that was cut off, or a change by hand in the wrong place."""
    terminal.write("etc/systemd/system/kiosk-ui.service", "[Service]\n")
    found = of(list(units.check(terminal.machine)), "units", "settings")
    assert found.result is Result.FAULT
    assert found.detail.endswith(": kiosk-ui.service")


def test_the_hardware_watchdog_has_to_be_on_where_there_is_one(terminal: Terminal) -> None:
    """Where there is none it is skipped."""
    assert of(list(units.check(terminal.machine)), "units", "hardware watchdog").result is Result.SKIPPED
    terminal.write("dev/watchdog0", "")
    assert of(list(units.check(terminal.machine)), "units", "hardware watchdog").result is Result.OK
    terminal.systemctl.changes = {"": {"RuntimeWatchdogUSec": "0"}}
    assert of(list(units.check(terminal.machine)), "units", "hardware watchdog").result is Result.FAULT


@pytest.mark.parametrize("name", ["mqtt-key", "staff-pin"])
def test_a_secret_that_others_can_read_is_a_fault(terminal: Terminal, name: str) -> None:
    """With the command that mends it."""
    (terminal.root / "etc/rundtisch/credentials" / name).chmod(0o640)
    found = of(list(secrets.check(terminal.machine)), "secrets", "/etc/rundtisch/credentials")
    assert (found.result, found.detail) == (
        Result.FAULT,
        f"open to others than root: /etc/rundtisch/credentials/{name}",
    )
    assert "chmod" in found.remedy


def test_a_key_in_a_wrong_place_is_found_by_what_is_in_it(terminal: Terminal) -> None:
    """Whatever it is called; among packages nobody looks."""
    key = (terminal.root / "etc/rundtisch/credentials/mqtt-key").read_text()
    terminal.write("opt/rundtisch/versions/1/.venv/cacert.txt", key)
    assert faults(list(secrets.check(terminal.machine))) == []
    terminal.write("boot/firmware/holiday.txt", key)
    found = of(list(secrets.check(terminal.machine)), "secrets", "keys")
    assert (found.result, "/boot/firmware/holiday.txt" in found.detail) == (Result.FAULT, True)


def test_what_the_first_start_should_have_destroyed_is_a_fault(terminal: Terminal) -> None:
    """A ticket, and the passwords of the network."""
    terminal.write(f"boot/firmware/{ticket.NAME}", "token")
    found = of(list(secrets.check(terminal.machine)), "secrets", "boot partition")
    assert (found.result, found.remedy) == (Result.FAULT, f"shred -u /boot/firmware/{ticket.NAME}")


@pytest.mark.parametrize(
    ("number", "result", "words"),
    [("12345\n", Result.OK, "by a number"), ("12\n", Result.FAULT, "is none"), (None, Result.SKIPPED, "no number")],
)
def test_whether_staff_get_to_their_page_is_told(
    terminal: Terminal, number: str | None, result: Result, words: str
) -> None:
    """The number is not."""
    file = terminal.root / "etc/rundtisch/credentials/staff-pin"
    file.unlink() if number is None else file.write_text(number)
    found = of(survey(terminal.machine), "house", "staff page")
    assert (found.result, words in found.detail) == (result, True)
    assert number is None or number.strip() not in found.detail + found.remedy


def test_a_certificate_s_life_is_told(terminal: Terminal) -> None:
    """Renewed in time is well; late is a fault, over is another."""
    assert of(list(identity.check(terminal.machine)), "certificate", "life").result is Result.OK
    terminal.now = NOW + timedelta(days=700)  # of 825
    late = of(list(identity.check(terminal.machine)), "certificate", "life")
    assert (late.result, "provision enrol renew" in late.remedy) == (Result.FAULT, True)
    terminal.now = NOW + timedelta(days=900)
    assert "expired on" in of(list(identity.check(terminal.machine)), "certificate", "life").detail


def test_a_renewal_that_failed_is_told_with_what_to_do(terminal: Terminal) -> None:
    """As on the screen during enrolment; what went well, was not tried, or is nobody's matter, is said as well."""

    def found() -> Verdict:
        return of(list(identity.check(terminal.machine)), "certificate", "renewal")

    assert (found().result, "nobody renews it" in found().detail) == (Result.SKIPPED, True)
    terminal.write("etc/rundtisch/enrolment.toml", "")
    assert (found().result, "not tried" in found().detail) == (Result.SKIPPED, True)
    for fault, result, words in (
        ("unreachable", Result.FAULT, "The enrolment server does not answer."),
        ("of-a-later-version", Result.FAULT, "It was not renewed."),
        ("", Result.OK, "not due"),
    ):
        terminal.write("run/rundtisch/renewal.json", codec.encode(Outcome(at=NOW, fault=fault)).decode())
        assert found().result is result
        assert words in found().detail
        assert bool(found().remedy) is bool(fault)


def test_somebody_else_s_certificate_or_authority_is_a_fault(terminal: Terminal, tmp_path: Path) -> None:
    """As after a card was swapped between rooms."""
    etc = terminal.root / "etc/rundtisch"
    other = Authority.create(tmp_path / "authority")
    other.issue("sued.r9", etc / "certificate.pem", tmp_path / "key.pem")
    assert faults(list(identity.check(terminal.machine))) == ["certificate, name", "certificate, authority"]
    (etc / "certificate.pem").unlink()
    assert faults(list(identity.check(terminal.machine))) == ["certificate, enrolment"]


def test_a_bad_value_and_a_clock_of_1970_are_faults(terminal: Terminal) -> None:
    """Neither keeps the rest from being looked at."""
    file = terminal.root / "etc/rundtisch/terminal.toml"
    file.write_text(file.read_text().replace("[room]", "[rooom]"))
    terminal.now = datetime(1970, 1, 1, tzinfo=UTC)
    verdicts = list(identity.check(terminal.machine))
    assert faults(verdicts) == ["configuration, /etc/rundtisch/terminal.toml", "clock, time"]
    assert of(verdicts, "certificate", "name").result is Result.OK


@pytest.mark.parametrize(
    ("sectors", "uptime_s", "life_time", "result", "words"),
    [
        (1_953_125, 86400.0, "", Result.OK, "1.00 GB a day: a plain card of 32 GB lasts about 26 years"),
        (1_953_125, 8640.0, "", Result.OK, "ask again tomorrow"),
        (19_531_250, 86400.0, "", Result.FAULT, "lasts about 3 years"),
        (0, 86400.0, "", Result.OK, "more than 50 years"),
        (0, 86400.0, "0x02 0x01", Result.OK, "at most 20 %"),
        (0, 86400.0, "0x0a 0x01", Result.FAULT, "100 % of its life"),
    ],
)
def test_how_long_the_card_lasts_is_reckoned_from_what_is_written(
    terminal: Terminal, sectors: int, uptime_s: float, life_time: str, result: Result, words: str
) -> None:
    """By the kernel's counter since the start, and by an eMMC's own word."""
    terminal.uptime_s = uptime_s
    terminal.write("sys/block/mmcblk0/stat", f"9 0 9 9 9 0 {sectors} 9 0 9 9\n")
    terminal.write("sys/block/mmcblk0/device/life_time", life_time)
    found = of(list(wear.check(terminal.machine)), "disk", "mmcblk0 wear")
    assert found.result is result
    assert words in found.detail


def test_the_command_says_all_of_it_and_what_to_do(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 3 with faults; the same as JSON."""
    assert main(["check", "--root", str(terminal.root)]) == DONE
    assert "all is well" in capsys.readouterr().out
    (terminal.root / "etc/rundtisch/certificate.pem").unlink()
    assert main(["check", "--root", str(terminal.root), "--json"]) == PARTLY_DONE
    said = json.loads(capsys.readouterr().out)
    assert not said["ok"]
    (fault,) = [one for one in said["checks"] if one["result"] == "fault"]
    assert fault["check"] == "enrolment"
    assert "ticket" in fault["remedy"]
