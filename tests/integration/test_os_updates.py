"""Updates of the system below us: RAUC's configuration as RAUC reads it, the tryboot backend, apt's settings."""

import os
import subprocess
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"


class Pi:
    """A Raspberry Pi's firmware, as far as tryboot goes: which partition it starts from, and what the system sees."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("autoboot", "tree"):
            (folder / name).mkdir()
        self.autoboot.write_text("[all]\ntryboot_a_b=1\nboot_partition=2\n[tryboot]\nboot_partition=3\n")
        self.start()

    @property
    def autoboot(self) -> Path:
        return self.folder / "autoboot" / "autoboot.txt"

    def start(self, *, is_power_cut: bool = False) -> None:
        """The flag holds for one start, and not beyond a power cut: it is in memory."""
        parameter = self.folder / "parameter"
        is_trial = not is_power_cut and parameter.exists() and parameter.read_text().strip() == "0 tryboot"
        parameter.unlink(missing_ok=True)
        sections = self.autoboot.read_text().split("[tryboot]")
        (line,) = [line for line in sections[is_trial].splitlines() if line.startswith("boot_partition=")]
        (self.folder / "tree" / "partition").write_bytes(int(line.partition("=")[2]).to_bytes(4, "big"))

    def rauc(self, *words: str) -> str:
        """The backend, called as RAUC does."""
        environment = {
            **os.environ,
            "RUNDTISCH_AUTOBOOT": str(self.folder / "autoboot"),
            "RUNDTISCH_DEVICE_TREE": str(self.folder / "tree"),
            "RUNDTISCH_REBOOT_PARAMETER": str(self.folder / "parameter"),
            "RUNDTISCH_BAD_SYSTEMS": str(self.folder / "bad"),
        }
        done = subprocess.run(
            [str(SYSTEMD / "rauc/tryboot"), *words], env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def _install(pi: Pi, name: str) -> None:
    """What RAUC asks for before and after it has written a system."""
    pi.rauc("set-state", name, "bad")
    assert pi.rauc("get-state", name) == "bad"
    pi.rauc("set-state", name, "good")
    pi.rauc("set-primary", name)
    assert pi.rauc("get-primary") == name


def test_a_good_system_becomes_the_usual_one(pi: Pi) -> None:
    """Tried once, found good, kept; and back again by the next update."""
    for before, after in (("A", "B"), ("B", "A")):
        assert pi.rauc("get-current") == before
        _install(pi, after)
        pi.start()
        assert pi.rauc("get-current") == after
        pi.rauc("set-state", after, "good")
        assert pi.rauc("get-primary") == after
        pi.start()
        assert pi.rauc("get-current") == after


@pytest.mark.parametrize("is_power_cut", [True, False])
def test_a_system_that_was_not_found_good_is_left(pi: Pi, is_power_cut: bool) -> None:
    """It hangs, panics or loses its power: the start after that is the old one's."""
    _install(pi, "B")
    pi.start()
    assert pi.rauc("get-current") == "B"
    pi.start(is_power_cut=is_power_cut)
    assert pi.rauc("get-current") == "A"
    assert pi.rauc("get-primary") == "A"


def test_an_update_may_be_called_off(pi: Pi) -> None:
    _install(pi, "B")
    pi.rauc("set-primary", "A")
    pi.start()
    assert pi.rauc("get-current") == "A"


def test_rauc_reads_the_configuration_and_takes_only_bundles_for_terminals(tmp_path: Path) -> None:
    """A bundle with our words is made and read; its signature is that of the keyring."""
    ours, others = _signer(tmp_path / "ours"), _signer(tmp_path / "others")
    parts = tmp_path / "parts"
    parts.mkdir()
    for name in ("system.ext4", "boot.vfat"):
        (parts / name).write_bytes(os.urandom(64 * 1024))
    (parts / "manifest.raucm").write_text(
        "[update]\ncompatible=rundtisch-terminal\nversion=1\n[bundle]\nformat=verity\n"
        "[image.rootfs]\nfilename=system.ext4\n[image.boot]\nfilename=boot.vfat\n"
    )
    rauc = ("rauc", f"--conf={_configuration(tmp_path, ours)}")
    pair = (f"--cert={ours}", f"--key={ours.with_suffix('.key')}")
    bundle = tmp_path / "system.raucb"
    subprocess.run([*rauc, "bundle", *pair, str(parts), str(bundle)], check=True, capture_output=True)
    done = subprocess.run([*rauc, "info", str(bundle)], capture_output=True, text=True, check=True)
    assert "rundtisch-terminal" in done.stdout
    assert "Verified" in done.stdout + done.stderr
    wrong = ("rauc", f"--conf={_configuration(tmp_path, others)}", "info", str(bundle))
    assert subprocess.run(wrong, capture_output=True, check=False).returncode != 0


def _signer(stem: Path) -> Path:
    """A certificate that is its own keyring; the key is beside it."""
    path, key = stem.with_suffix(".pem"), stem.with_suffix(".key")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    words = ["openssl", "req", "-x509", *kind, "-subj", f"/CN={stem.name}", "-keyout", str(key), "-out", str(path)]
    subprocess.run(words, check=True, capture_output=True)
    return path


def _configuration(folder: Path, keyring: Path) -> Path:
    """Ours, with the keyring of the test."""
    text = (SYSTEMD / "rauc/system.conf").read_text()
    assert "path=/etc/rauc/keyring.pem" in text
    path = folder / f"{keyring.stem}.conf"
    path.write_text(text.replace("/etc/rauc/keyring.pem", str(keyring)))
    return path


def test_apt_takes_security_updates_by_itself_and_never_starts_the_machine_anew() -> None:
    """As apt itself reads the file."""
    environment = {**os.environ, "APT_CONFIG": str(SYSTEMD / "apt/52rundtisch")}
    done = subprocess.run(["apt-config", "dump"], env=environment, capture_output=True, text=True, check=True)
    values = [line for line in done.stdout.splitlines() if line.startswith(("Unattended", "APT::Periodic"))]
    assert 'Unattended-Upgrade::Automatic-Reboot "false";' in values
    assert 'APT::Periodic::Unattended-Upgrade "1";' in values
    origins = [line for line in values if line.startswith("Unattended-Upgrade::Origins-Pattern::")]
    assert len(origins) == 3
    assert all("Security" in line or "Raspberry Pi" in line for line in origins)
