"""The units, as systemd's own tools judge them. They run without a system manager, on a copy of the system's units."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
NAMES = sorted(path.name for path in UNITS.iterdir() if path.suffix in (".service", ".socket", ".timer"))
SERVICES = [name for name in NAMES if name.endswith(".service")]
EXPOSURE = "20"
"""systemd's measure times ten: 0 is safest, 100 is exposed to everything."""
SOUND = [name for name in SERVICES if name.startswith("kiosk-sound")]
"""PipeWire's own programs: they know no watchdog, and no exit code for a bad configuration."""
ONCE = [name for name in SERVICES if f"{Path(name).stem}.timer" in NAMES]
"""What a timer starts, again and again."""
OURS = [name for name in SERVICES if name not in (*SOUND, *ONCE)]
PROGRAMS = (
    *("opt/rundtisch/.venv/bin/python", "usr/bin/cage", "usr/sbin/mosquitto"),
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


def _setting(name: str, key: str) -> list[str]:
    lines = (UNITS / name).read_text().splitlines()
    return [line.partition("=")[2] for line in lines if line.startswith(f"{key}=")]


def test_only_what_meets_the_broker_holds_a_key() -> None:
    """Media and the touch app get no credential, and cannot see where they lie."""
    for name in ("kiosk-media.service", "kiosk-ui.service"):
        assert _setting(name, "LoadCredential") == []
        assert _setting(name, "InaccessiblePaths") == ["-/etc/rundtisch/credentials"]
    assert _setting("kiosk-device.service", "LoadCredential") == ["mqtt-key:/etc/rundtisch/credentials/mqtt-key"]


def test_the_touch_app_has_no_network() -> None:
    """No Internet sockets, and no packet would pass if there were any."""
    assert _setting("kiosk-ui.service", "RestrictAddressFamilies") == ["AF_UNIX AF_NETLINK"]
    assert _setting("kiosk-ui.service", "IPAddressDeny") == ["any"]


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ("kiosk-desk.service", *ONCE)])
def test_links_can_tell_their_peers_apart(name: str) -> None:
    """With PrivateUsers every other user would have the same id, and the check of the links would be void."""
    assert _setting(name, "PrivateUsers") == []


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in ONCE])
def test_a_service_comes_back(name: str) -> None:
    """Restart without end; nothing of its memory is written to a disk."""
    assert _setting(name, "Restart") == ["always"]
    assert _setting(name, "StartLimitIntervalSec") == ["0"]
    assert _setting(name, "LimitCORE") == ["0"]


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_does_not_hang_and_does_not_come_back_with_a_bad_configuration(name: str) -> None:
    """It has to say every 20 s that it lives; after EX_CONFIG somebody has to see to it."""
    assert _setting(name, "RestartPreventExitStatus") == ["78"]
    assert _setting(name, "WatchdogSec") == ["20"]


def test_media_hears_and_speaks_through_the_echo_canceller() -> None:
    """It sees no sound card: only the sound server's socket, to whose group it belongs, and our one ALSA device."""
    assert not [line for line in _setting("kiosk-media.service", "DeviceAllow") if "alsa" in line]
    assert _setting("kiosk-media.service", "SupplementaryGroups")[0].split()[0] in _setting(SOUND[0], "Group")
    (folder,) = _setting("kiosk-sound.service", "RuntimeDirectory")
    assert _setting("kiosk-sound-clients.service", "RuntimeDirectory") == [f"{folder}/pulse"]
    environment = dict(line.split("=", 1) for line in _setting("kiosk-media.service", "Environment"))
    assert environment["PULSE_SERVER"] == f"unix:/run/{folder}/pulse/native"
    installed = Path("/opt/rundtisch/systemd")
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
    assert (tmp_path / "run/rundtisch/device").stat().st_mode & 0o777 == 0o700
