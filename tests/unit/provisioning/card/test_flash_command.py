"""`provision flash`, as it is typed: a plan, an image, a card in a file."""

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract import configuration
from provisioning.__main__ import main
from provisioning.authority import Authority
from provisioning.card.system import System
from provisioning.central.enrolment import configuration as enrolment
from provisioning.central.enrolment.configuration import Enrolment
from provisioning.central.enrolment.registry import Registry, Token
from provisioning.enrolment import ticket
from tests.fakes.process_list import started
from tests.fakes.releases import Publisher
from tests.unit.provisioning.card.conftest import TRIXIE, Images, boot_file

PLAN = """
[central]
broker = "broker.example.org"
enrolment = "https://central.example.org:8444"

[sites.rathaus]
title = "Rathaus"
proxy = "http://proxy.example.org:3128"
settings = "terminals.toml"

[sites.rathaus.rooms.zimmer-2]
title = "Zimmer 2"
time_zone = "Europe/Vienna"
"""
NAME = "rathaus.zimmer-2"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("central") / "authority")


@pytest.fixture
def house(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a plan and what it names, and a ticket."""
    (tmp_path / "plan.toml").write_text(PLAN)
    (tmp_path / "terminals.toml").write_text('[display]\nsleep_after_s = 1200\n\n[terminal]\nroom = "not so"\n')
    shutil.copytree(authority.directory, tmp_path / "authority")
    card = ticket.new(
        server="https://central.example.org:8444",
        fingerprint="ab" * 32,
        token="t" * 43,
        terminal=NAME,
        now=datetime.now(UTC),
        valid_for=timedelta(days=14),
    )
    (tmp_path / "ticket.toml").write_text(ticket.text(card))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_card_comes_of_a_plan(house: Path, images: Images, capsys: pytest.CaptureFixture[str]) -> None:
    """The room's name, configuration, authority and ticket are on it; a program reads of every file."""
    arguments = ["flash", NAME, "--image", "card.img", "--from", str(images.trixie), "--ticket", "ticket.toml"]
    assert main([*arguments, "--json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["ok"], told["system"], told["has_ticket"]) == (True, "trixie", True)
    assert {one["name"]: one["state"] for one in told["files"]}["user-data"] == "changed"
    assert told["bytes"] == (house / "card.img").stat().st_size
    (house / "read.toml").write_bytes(boot_file(house / "card.img", "rundtisch/files/etc/rundtisch/terminal.toml"))
    read = configuration.load(house / "read.toml")
    assert (read.terminal.name, read.terminal.room, read.terminal.time_zone) == (NAME, "Zimmer 2", "Europe/Vienna")
    assert (read.mqtt.host, read.display.sleep_after_s) == ("broker.example.org", 1200)
    assert boot_file(house / "card.img", ticket.NAME) == (house / "ticket.toml").read_bytes()
    assert "writing: 100 %" in said.err.splitlines()
    assert "t" * 43 not in said.out + said.err


def test_the_staff_s_number_and_whom_to_call_go_on_the_card(
    house: Path, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    """The number where only the first start looks for it; no secret is told, or given to a program to be seen."""
    more = 'contact = "Empfang, 030 4711"\nstaff_pin_file = "pin"\n'
    more += 'wifi = { ssid = "Haus", password_file = "wifi" }\n'
    (house / "plan.toml").write_text(f"{PLAN}{more}")
    secrets = {"pin": "271828", "wifi": "correct-horse-battery"}
    for name, said in secrets.items():
        (house / name).write_text(f"{said}\n")
        (house / name).chmod(0o600)
    arguments = ["flash", NAME, "--from", str(images.trixie), "--ticket", "ticket.toml", "--image", "card.img"]
    with started() as processes:
        assert main([*arguments, "--json"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said)["has_staff_pin"] is True
    assert boot_file(house / "card.img", "rundtisch/credentials/staff-pin") == b"271828\n"
    assert b"staff-pin" not in boot_file(house / "card.img", "rundtisch/SHA256SUMS")
    page = boot_file(house / "card.img", "rundtisch/files/etc/rundtisch/out-of-service.txt").decode()
    assert "\n        Empfang, 030 4711\n" in page
    assert "mcopy" in str(processes.seen)
    assert processes.leaks({name: word.encode() for name, word in {**secrets, "token": "t" * 43}.items()}) == []
    assert not any(word in said for word in secrets.values())


def test_without_a_number_and_somebody_to_call_it_is_said(
    house: Path, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a number that is none is refused, without saying it."""
    arguments = ["flash", NAME, "--image", "card.img", "--from", str(images.trixie), "--dry-run"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "its staff page cannot be opened: `staff_pin_file` in the plan" in said
    assert "it names nobody to call: `contact` in the plan" in said
    assert "credentials" not in said
    (house / "plan.toml").write_text(f'{PLAN}staff_pin_file = "pin"\n')
    assert main(arguments) == 1
    assert "pin: No such file" in capsys.readouterr().err
    (house / "pin").write_text("12345a\n")
    (house / "pin").chmod(0o600)
    assert main(arguments) == 1
    refused = capsys.readouterr().err
    assert ("four to eight digits" in refused, "12345a" in refused) == (True, False)


def test_what_is_rolled_out_goes_on_the_card(
    house: Path, images: Images, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the system that the card has; another one's is said, and nothing written."""
    publisher = Publisher(tmp_path_factory.mktemp("people"))
    bundle = publisher.release(7, machine=System.TRIXIE.platform)
    arguments = ["flash", NAME, "--releases", str(publisher.repository.directory), "--image"]
    assert main([*arguments, "card.img", "--from", str(images.trixie)]) == 0
    assert boot_file(house / "card.img", "rundtisch/bundle.tar") == bundle.read_bytes()
    assert "no software" not in capsys.readouterr().out
    assert main([*arguments, "other.img", "--from", str(images.bookworm)]) == 1
    assert "release 7 has no bundle for aarch64-cp311" in capsys.readouterr().err
    assert not (house / "other.img").exists()


def test_a_reader_gets_a_table_and_the_next_step(
    house: Path, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a ticket also how the terminal will be let in, and that it has no software."""
    assert main(["flash", NAME, "--image", "card.img", "--from", str(images.trixie), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "cmdline.txt" in said
    assert "nothing was written" in said
    assert "provision central enrolment approve CODE" in said
    assert "no software is on it (--releases)" in said
    assert not (house / "card.img").exists()


def test_a_folder_of_a_card_is_enough(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For who wrote it with Raspberry Pi Imager, on whatever machine."""
    folder = house / "bootfs"
    folder.mkdir()
    for name, text in TRIXIE.items():
        (folder / name).write_text(text)
    assert main(["flash", NAME, "--boot-folder", "bootfs", "--ticket", "ticket.toml"]) == 0
    assert "hostname: rathaus-zimmer-2" in (folder / "user-data").read_text()
    assert (folder / "rundtisch/files/etc/apt/apt.conf.d/60rundtisch-proxy").exists()
    assert not list(folder.rglob("*.new"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "exactly one of --device, --fixed, --image and --boot-folder"),
        (["--device", "a", "--fixed", "b"], 2, "exactly one of"),
        (["--image", "a", "--device", "b"], 2, "exactly one of"),
        (["--boot-folder", "a", "--from", "b"], 2, "a card that is written already"),
        (["--device", "/dev/null", "--from", "x.img", "--yes"], 1, "/dev/null is no disk; `lsblk` shows"),
        (["--boot-folder", "nowhere"], 1, "nowhere is no folder"),
        (["--image", "none.img"], 1, "none.img No such file or directory"),
        (["--image", "c.img", "--from", "plan.toml"], 1, "plan.toml is no image of Raspberry Pi OS Lite"),
        (["--image", "c.img", "--from", "plan.toml", "--sha256", "00" * 32], 1, "is not the file that was published"),
        (["--image", "c.img", "--packages", "authority"], 1, "authority has no Debian packages"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    house: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    """And nothing is left of it."""
    assert main(["flash", NAME, *arguments]) == code
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert not (house / "c.img").exists()


def test_a_room_that_is_not_in_the_plan_is_not_guessed(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest is named."""
    assert main(["flash", "rathaus.zimmer-3", "--image", "c.img"]) == 1
    assert "did you mean rathaus.zimmer-2?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("zimmer-2", "zimmer-9"), f"is the ticket of rathaus.zimmer-9, not of {NAME}"),
        (('"\n', 'x"\n'), "$.version"),
    ],
)
def test_a_ticket_has_to_be_this_terminals(
    house: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], words: str
) -> None:
    """And of a version that it will understand."""
    file = house / "ticket.toml"
    text = file.read_text().replace("version = 1", "version = 2") if "version" in words else file.read_text()
    file.write_text(text if "version" in words else text.replace(*change))
    assert main(["flash", NAME, "--image", "c.img", "--ticket", "ticket.toml"]) == 1
    assert words in capsys.readouterr().err


def test_a_ticket_is_drawn_where_the_enrolment_server_is(
    house: Path, images: Images, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by a dry run, since it makes the one before it worthless."""
    server = Enrolment(
        url="https://central.example.org:8444", authority_directory=house / "authority", state_directory=house
    )
    enrolment.write(house / "enrolment.toml", server, Authority(house / "authority"), ("127.0.0.1",))
    arguments = ["flash", NAME, "--enrolment", "enrolment.toml", "--from", str(images.bookworm), "--image"]
    assert main([*arguments, "dry.img", "--dry-run"]) == 0
    assert "a ticket would be drawn" in capsys.readouterr().out
    assert [one.terminal for one in _tokens(server)] == []
    assert main([*arguments, "card.img"]) == 0
    (house / "drawn.toml").write_bytes(boot_file(house / "card.img", ticket.NAME))
    drawn = ticket.read(house / "drawn.toml")
    assert (drawn.terminal, drawn.fingerprint) == (NAME, authority.fingerprint)
    assert [(one.terminal, bool(one.key_hash)) for one in _tokens(server)] == [(NAME, False)]


def test_a_card_that_is_refused_costs_no_ticket(
    house: Path, images: Images, capsys: pytest.CaptureFixture[str]
) -> None:
    """The terminal's card that is on its way to it stays good."""
    server = Enrolment(
        url="https://central.example.org:8444", authority_directory=house / "authority", state_directory=house
    )
    enrolment.write(house / "enrolment.toml", server, Authority(house / "authority"), ("127.0.0.1",))
    arguments = ["flash", NAME, "--enrolment", "enrolment.toml"]
    assert main([*arguments, "--image", "card.img", "--from", str(images.bookworm)]) == 0
    (house / "damaged.img").write_bytes(b"no image")
    (house / "folder").mkdir()
    for target in (["--boot-folder", "folder"], ["--image", "x.img", "--from", "damaged.img"], ["--image", "y.img"]):
        assert main([*arguments, *target]) == 1
    assert [bool(one.withdrawn_at) for one in _tokens(server)] == [False]


def _tokens(server: Enrolment) -> list[Token]:
    with Registry(server.registry_file) as registry:
        return list(registry.tokens.all())


def test_an_old_ticket_is_refused_with_the_way_to_a_new_one(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole command."""
    file = house / "ticket.toml"
    found = ticket.read(file)
    file.write_text(file.read_text().replace(f"{found.expires_at:%Y-%m-%d}", "2020-01-01"))
    assert main(["flash", NAME, "--image", "c.img", "--ticket", "ticket.toml"]) == 1
    assert f"provision central enrolment token new {NAME} --to ticket.toml" in capsys.readouterr().err


def test_settings_that_no_terminal_takes_are_told_of_their_own_file(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not of a file that nobody has ever seen."""
    (house / "terminals.toml").write_text("[display]\nsleep_after_s = 1\n")
    assert main(["flash", NAME, "--image", "c.img"]) == 1
    said = capsys.readouterr().err
    assert "terminals.toml" in said
    assert "sleep_after_s" in said or "dim" in said


def test_packages_have_to_be_a_terminals(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of its machine, and whole."""
    folder = house / "debs"
    folder.mkdir()
    (folder / "cage_0.2_amd64.deb").write_bytes(b"!<arch>\ndebian-binary   ")
    assert main(["flash", NAME, "--image", "c.img", "--packages", "debs"]) == 1
    assert "cage_0.2_amd64.deb is for another machine" in capsys.readouterr().err
    (folder / "cage_0.2_amd64.deb").rename(folder / "cage_0.2_arm64.deb")
    (folder / "xwayland_24_arm64.deb").write_bytes(b"")
    assert main(["flash", NAME, "--image", "c.img", "--packages", "debs"]) == 1
    assert "xwayland_24_arm64.deb is no Debian package, or cut off" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_who_is_told_to_end_leaves_nothing_behind(house: Path, number: signal.Signals) -> None:
    """The terminal's window closed, a session ended: no copy of ticket or password stays on this machine."""
    os.mkfifo("image")
    (house / "tmp").mkdir()
    before = sorted(house.iterdir())
    words = ("flash", NAME, "--image", "card.img", "--from", "image", "--ticket", "ticket.toml")
    heeding = ("env", "--default-signal=TERM,HUP,INT")  # whoever runs the tests in the background may ignore them
    process = subprocess.Popen(
        (*heeding, sys.executable, "-m", "provisioning", *words),
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": "tmp"},
    )
    with Path("image").open("wb"):  # which waits until the other side reads
        process.send_signal(number)
        process.communicate()
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert (sorted(house.iterdir()), list((house / "tmp").iterdir())) == (before, [])
