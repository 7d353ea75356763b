"""The units, as systemd's own tools judge them. They run without a system manager, on a copy of the system's units."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import get_type_hints

import pytest

from device.room.motor import PATIENCE
from kiosk.contract.wiring import Shutter

UNITS = Path(__file__).parents[2] / "systemd"
_KINDS = (".service", ".socket", ".timer", ".path", ".target")
NAMES = sorted(path.name for path in UNITS.iterdir() if path.suffix in _KINDS)
SERVICES = [name for name in NAMES if name.endswith(".service")]
GOODBYE_S = 3.0
"""What broker and panel are given, each."""
EXPOSURE = "20"
"""systemd's measure times ten: 0 is safest, 100 is exposed to everything."""
SOUND = [name for name in SERVICES if name.startswith("kiosk-sound")]
"""PipeWire's own programs: they know no watchdog, and no exit code for a bad configuration."""
ONCE = [name for name in SERVICES if {f"{Path(name).stem}.timer", f"{Path(name).stem}.path"} & set(NAMES)]
"""What a timer or a file starts, again and again."""
CENTRAL = ("kiosk-desk", "kiosk-enrolment", "kiosk-relays", "kiosk-releases", "kiosk-rollout", "kiosk-revocations")
"""Of the central side's server."""
PAGE = "kiosk-out-of-service.service"
FIRST = "kiosk-firstboot.service"
VERSIONS = ("kiosk-probation.service", "kiosk-rollback.service")
"""Run from the proven version while another one is on probation."""
LASTING = [name for name in SERVICES if name not in (*ONCE, PAGE, FIRST, *VERSIONS)]
"""What runs as long as the machine is on."""
OURS = [name for name in LASTING if name not in SOUND]
BOUNDED = ("kiosk-device.service", "kiosk-media.service", "kiosk-ui.service")
"""A terminal's own: after some restarts in a short time somebody has to know."""
PROGRAMS = (
    *("opt/rundtisch/current/.venv/bin/python", "opt/rundtisch/proven/.venv/bin/python"),
    *("usr/bin/cage", "usr/sbin/mosquitto", "bin/sh", "bin/true"),
    *("usr/bin/install", "usr/bin/mv", "usr/bin/systemctl", "usr/bin/systemd-creds", "usr/bin/flock"),
    *("usr/bin/pipewire", "usr/bin/wireplumber", "usr/bin/pipewire-pulse"),
)


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Both streams as one text."""
    return subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine's root with the system's own units, ours, and programs where ours look for them."""
    units = tmp_path / "usr/lib/systemd/system"
    shutil.copytree("/lib/systemd/system", units, symlinks=True)
    for path in UNITS.iterdir():
        if path.name in NAMES:
            shutil.copy(path, units)
    for program in PROGRAMS:
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_systemd_has_nothing_to_say_about_a_unit(root: Path, name: str) -> None:
    """Unknown keys and bad values are only warnings to systemd, so any word counts."""
    done = _run("systemd-analyze", "verify", f"--root={root}", "--man=no", root / "usr/lib/systemd/system" / name)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_check_would_see_a_misspelt_key(root: Path) -> None:
    """Else the test above would prove nothing."""
    unit = root / "usr/lib/systemd/system/kiosk-device.service"
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHomes="))
    done = _run("systemd-analyze", "verify", f"--root={root}", "--man=no", unit)
    assert "ProtectHomes" in done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_little_harm(name: str) -> None:
    """Every service stays below 2.0 on systemd's scale of exposure."""
    done = _run("systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE}", UNITS / name)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_run_is_not_a_service_s_to_write_to(name: str) -> None:
    """ProtectSystem=strict leaves it open where a kernel's file system is protected as well."""
    assert "/run" in _setting(name, "ReadOnlyPaths")


def _setting(name: str, key: str) -> list[str]:
    lines = (UNITS / name).read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def test_only_what_meets_the_broker_holds_a_key() -> None:
    """Media and the touch app get no credential, and cannot see where they lie."""
    for name in ("kiosk-media.service", "kiosk-ui.service"):
        assert _setting(name, "LoadCredential") == []
        assert _setting(name, "InaccessiblePaths") == ["-/etc/rundtisch/credentials -/boot"]
    assert _setting("kiosk-device.service", "LoadCredential") == [
        f"{name}:/etc/rundtisch/credentials/{name}" for name in ("mqtt-key", "staff-pin")
    ]


def test_the_touch_app_has_no_network() -> None:
    """No Internet sockets, and no packet would pass if there were any."""
    assert _setting("kiosk-ui.service", "RestrictAddressFamilies") == ["AF_UNIX AF_NETLINK"]
    assert _setting("kiosk-ui.service", "IPAddressDeny") == ["any"]


@pytest.mark.parametrize("name", [name for name in LASTING if not name.startswith(CENTRAL)])
def test_links_can_tell_their_peers_apart(name: str) -> None:
    """With PrivateUsers every other user would have the same id, and the check of the links would be void."""
    assert _setting(name, "PrivateUsers") == []


@pytest.mark.parametrize("name", LASTING)
def test_a_service_comes_back(name: str) -> None:
    """A terminal's own processes so many times, then the screen says so; what they build on without end."""
    assert _setting(name, "Restart") == ["always"]
    limited = [name in BOUNDED]
    assert [value != "0" for value in _setting(name, "StartLimitIntervalSec")] == limited
    assert [_setting(name, key) != [] for key in ("StartLimitBurst", "OnFailure")] == limited * 2


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_of_a_service_s_memory_is_written_to_a_disk(name: str) -> None:
    """What was said and seen would be in it."""
    assert _setting(name, "LimitCORE") == ["0"]


def test_what_was_given_up_is_told_and_tried_again() -> None:
    """Without agent or screen the page for that is shown; without media sign and screen say it themselves."""
    for name in BOUNDED:
        (after,) = _setting(name, "OnFailure")
        assert (PAGE in after) == (name != "kiosk-media.service")
        assert "kiosk-again.timer" in after
    sockets = {name for name in NAMES if name.startswith("kiosk-device-") and name.endswith(".socket")}
    assert set(_setting("kiosk-without-agent.target", "Conflicts")[0].split()) == sockets
    assert "kiosk-without-agent.target" in _setting("kiosk-device.service", "OnFailure")[0]
    assert _setting(PAGE, "Conflicts") == ["kiosk-ui.service"]
    assert PAGE in _setting("kiosk-ui.service", "Conflicts")[0].split()  # of the two, what is started ends the other
    assert _setting("kiosk-device.service", "Conflicts") == ["kiosk-without-agent.target"]
    assert _setting("kiosk-again.service", "OnSuccess") == ["kiosk.target"]


def test_updates_and_ways_back_run_from_the_version_that_has_proved_itself() -> None:
    """What judges a version is never of it; and whatever fails, the way back is asked for first."""
    for name in (*VERSIONS, "kiosk-update.service"):
        assert _setting(name, "ExecStart")[0].startswith("/opt/rundtisch/proven/.venv/bin/python ")
    for name in (*BOUNDED, "kiosk-probation.service"):
        assert _setting(name, "OnFailure")[0].split()[0] == "kiosk-rollback.service"
    assert set(BOUNDED) <= set(_setting("kiosk-probation.service", "Before")[0].split())


def test_before_a_terminal_is_enrolled_there_is_only_its_screen() -> None:
    """The app runs, and reaches no socket that would call for what must not start yet.

    Without graphics the console says how it goes: no page takes that away, and it takes nothing from the compositor.
    """
    enrolled = ["/etc/rundtisch/certificate.pem"]
    sockets = [name for name in NAMES if name.endswith(".socket")]
    for name in (*sockets, "kiosk-device.service", "kiosk-media.service", PAGE):
        assert _setting(name, "ConditionPathExists") == enrolled
    assert _setting("kiosk-ui.service", "ConditionPathExists") == ["/etc/rundtisch/terminal.toml"]
    assert (_setting(FIRST, "TTYPath"), _setting(FIRST, "TTYReset")) == (["/dev/tty1"], [])


def test_help_sign_and_lights_wait_for_nothing() -> None:
    """The agent starts without network and clock, and before screen and media."""
    (after,) = _setting("kiosk-device.service", "After")
    assert set(after.split()) == {"kiosk-device-ui.socket", "kiosk-device-media.socket"}
    assert _setting("kiosk-device.service", "Wants") == []
    for name in ("kiosk-media.service", "kiosk-ui.service"):
        assert "kiosk-device.service" in _setting(name, "After")[0].split()


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_does_not_hang_and_does_not_come_back_with_a_bad_configuration(name: str) -> None:
    """It has to say every 20 s that it lives; after EX_CONFIG somebody has to see to it."""
    assert _setting(name, "RestartPreventExitStatus") == ["78"]
    assert _setting(name, "WatchdogSec") == ["20"]


def test_the_agent_has_the_time_that_the_slowest_shutter_takes() -> None:
    """Whatever the configuration allows; killed on the way, it would leave a lens open and a motor on."""
    (bounds,) = get_type_hints(Shutter, include_extras=True)["travel_s"].__metadata__
    (stop_s,) = _setting("kiosk-device.service", "TimeoutStopSec")
    assert float(stop_s) > bounds.le * PATIENCE + 2 * GOODBYE_S


def test_the_agent_reaches_the_panel_s_light_and_nobody_else_is_let_in() -> None:
    """What the udev rules give to a group, the agent's unit belongs to and may open; the touch app's buses are none."""
    rules = (UNITS / "udev/60-rundtisch.rules").read_text()
    groups = set(re.findall(r'GROUP="([\w-]+)"', rules)) | set(re.findall(r"chgrp ([\w-]+)", rules))
    assert groups == {"i2c", "rundtisch-panel"}
    assert groups <= set(_setting("kiosk-device.service", "SupplementaryGroups")[0].split())
    made = (UNITS / "sysusers.d/rundtisch.conf").read_text()
    assert all(f"g {group} - -" in made for group in groups)
    assert "video" not in _setting("kiosk-device.service", "SupplementaryGroups")[0].split()  # a camera's group
    allowed = _setting("kiosk-device.service", "DeviceAllow")
    assert {"char-i2c rw", "char-cec rw"} <= set(allowed)
    assert not {"char-i2c rw", "char-cec rw"} & set(_setting("kiosk-ui.service", "DeviceAllow"))


def test_media_hears_and_speaks_through_the_echo_canceller() -> None:
    """It sees no sound card: only the sound server's socket, to whose group it belongs, and our one ALSA device."""
    assert not [line for line in _setting("kiosk-media.service", "DeviceAllow") if "alsa" in line]
    assert _setting("kiosk-media.service", "SupplementaryGroups")[0].split()[0] in _setting(SOUND[0], "Group")
    (folder,) = _setting("kiosk-sound.service", "RuntimeDirectory")
    assert _setting("kiosk-sound-clients.service", "RuntimeDirectory") == [f"{folder}/pulse"]
    environment = dict(line.split("=", 1) for line in _setting("kiosk-media.service", "Environment"))
    assert environment["PULSE_SERVER"] == f"unix:/run/{folder}/pulse/native"
    installed = Path("/opt/rundtisch/current/systemd")
    assert (UNITS / Path(environment["ALSA_CONFIG_PATH"]).relative_to(installed)).is_file()
    for name in SOUND:
        environment = dict(line.split("=", 1) for line in _setting(name, "Environment"))
        assert environment["XDG_RUNTIME_DIR"] == f"/run/{folder}"
        assert environment["XDG_CONFIG_HOME"] == str(installed)
    assert (UNITS / "pipewire/pipewire.conf.d/rundtisch.conf").is_file()


def test_sockets_have_the_names_that_the_programs_look_for() -> None:
    """`listen_sockets()["ui"]`, `["media"]` in the agent, `["frames"]` in media; each opens to one other user."""
    for name, descriptor, owner, group in (
        ("kiosk-device-ui.socket", "ui", "rundtisch-device", "rundtisch-ui"),
        ("kiosk-device-media.socket", "media", "rundtisch-device", "rundtisch-media"),
        ("kiosk-media-frames.socket", "frames", "rundtisch-media", "rundtisch-ui"),
    ):
        assert _setting(name, "FileDescriptorName") == [descriptor]
        assert (_setting(name, "SocketUser"), _setting(name, "SocketGroup")) == ([owner], [group])
        assert _setting(name, "SocketMode") == ["0660"]


def test_users_and_folders_can_be_made(tmp_path: Path) -> None:
    """sysusers.d and tmpfiles.d do what they say, on an empty machine."""
    (tmp_path / "etc").mkdir()
    for kind in ("sysusers", "tmpfiles"):
        folder = tmp_path / f"usr/lib/{kind}.d"
        folder.mkdir(parents=True)
        shutil.copy(UNITS / f"{kind}.d" / "rundtisch.conf", folder)
    done = _run("systemd-sysusers", f"--root={tmp_path}", tmp_path / "usr/lib/sysusers.d/rundtisch.conf")
    assert done.returncode == 0, done.stdout
    users = {line.split(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    assert {"rundtisch-device", "rundtisch-media", "rundtisch-ui", "rundtisch-sound"} <= users
    done = _run("systemd-tmpfiles", f"--root={tmp_path}", "--create", tmp_path / "usr/lib/tmpfiles.d/rundtisch.conf")
    assert done.returncode == 0, done.stdout
    device = (tmp_path / "run/rundtisch/device").stat()
    assert (device.st_mode & 0o777, device.st_gid) == (0o770, 0)


def _install(root: Path) -> None:
    for folder in ("etc", "usr/lib/systemd"):
        (root / folder).mkdir(parents=True)
    shutil.copytree("/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    (root / "usr/lib/systemd/system/nftables.service").write_text("[Install]\nWantedBy=sysinit.target\n")
    done = _run("sh", UNITS / "install.sh", "terminal", root)
    assert done.returncode == 0, done.stdout


def test_a_terminal_gets_what_it_runs_and_no_more(tmp_path: Path) -> None:
    """`install.sh`, also a second time: the central side's units are not there, consoles and keys are masked."""
    _install(tmp_path)
    done = _run("sh", UNITS / "install.sh", "terminal", tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    system = tmp_path / "etc/systemd/system"
    assert {path.name for path in (system / "kiosk.target.wants").iterdir()} >= {*BOUNDED, "kiosk-sound.service"}
    assert not [path.name for path in system.iterdir() if path.name.startswith(CENTRAL)]
    for name in ("ctrl-alt-del.target", "getty@tty1.service", "autovt@.service", "debug-shell.service"):
        assert (system / name).readlink() == Path("/dev/null")
    for name in ("nftables.d/rundtisch.nft", "udev/rules.d/70-rundtisch-usb.rules", "sysctl.d/60-rundtisch.conf"):
        assert (tmp_path / "etc" / name).is_file()


def test_the_list_of_input_devices_is_the_administrator_s(tmp_path: Path) -> None:
    """It is made empty, and left alone afterwards."""
    _install(tmp_path)
    allowed = tmp_path / "etc/rundtisch/usb-input"
    assert allowed.read_text() == ""
    allowed.write_text("0eef:0005 touch panel\n")
    _run("sh", UNITS / "install.sh", "terminal", tmp_path)
    assert allowed.read_text() == "0eef:0005 touch panel\n"


@pytest.mark.parametrize(
    ("listed", "is_allowed"),
    [("0eef:0005 touch panel", True), ("0EEF:0005", True), ("0eef:00051", False), ("# 0eef:0005", False), ("", False)],
)
def test_a_keyboard_is_no_input_unless_it_is_listed(tmp_path: Path, listed: str, is_allowed: bool) -> None:
    """The rule's own question to the list, with what the kernel says of a panel."""
    rules = (UNITS / "udev/70-rundtisch-usb.rules").read_text()
    (program,) = re.findall(r'PROGRAM=="([^"]+)"', rules)
    file = tmp_path / "usb-input"
    file.write_text(f"{listed}\n")
    asked = program.replace("$attr{idVendor}", "0eef").replace("$attr{idProduct}", "0005").replace("$$", "$")
    done = _run("sh", "-c", asked.replace("/etc/rundtisch/usb-input", str(file)))
    assert (done.returncode == 0) == is_allowed
