"""What a terminal finds at its first start, as cloud-init itself judges it, and the shell."""

import re
import subprocess
from dataclasses import replace
from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest
import yaml

from provisioning.card import cloud_init, firstrun, kernel, preparation
from provisioning.card.boot import Boot
from provisioning.card.folder import Folder
from provisioning.card.preparation import Preparation
from provisioning.card.system import System
from provisioning.plan.model import Network, Wifi, WifiSecurity
from tests.unit.provisioning.card.conftest import CMDLINE, TRIXIE, run

HAS_NETWORK_SCHEMA = "--schema-type" in run("cloud-init", "schema", "--help").decode()
"""From cloud-init 24 on, so not on Debian 12; there netplan alone judges networks, see test_network.py."""


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    folder = tmp_path / "bootfs"
    folder.mkdir()
    for name, text in TRIXIE.items():
        (folder / name).write_text(text)
    return Folder(folder)


def _text(content: bytes | Path) -> str:
    assert isinstance(content, bytes)
    return content.decode()


def _judged(file: Path, kind: str = "cloud-config") -> None:
    """By `cloud-init schema`. The key `rpi:`, which Raspberry Pi OS adds and Debian does not know, is left out."""
    tree = {key: value for key, value in yaml.safe_load(file.read_text()).items() if key != "rpi"}
    file.write_text(("#cloud-config\n" if kind == "cloud-config" else "") + yaml.safe_dump(tree))
    words = ["--schema-type", kind] if HAS_NETWORK_SCHEMA else []
    done = subprocess.run(["cloud-init", "schema", *words, "-c", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_cloud_init_accepts_what_is_written(prepared: Preparation, boot: Boot, tmp_path: Path) -> None:
    """As the file lies on the card."""
    files = preparation.files(prepared, System.TRIXIE, boot, "rundtisch-1")
    file = tmp_path / "user-data"
    file.write_text(_text(files["user-data"]))
    assert file.read_text().startswith("#cloud-config\n")
    _judged(file)


def test_the_judge_would_see_a_wrong_value(tmp_path: Path) -> None:
    """Else the test above would prove nothing."""
    file = tmp_path / "user-data"
    file.write_text(cloud_init.user_data("name", "Europe/Vienna").replace("runcmd:", "runcmd: 7\nx:"))
    with pytest.raises(AssertionError, match="runcmd"):
        _judged(file)


def test_the_network_is_accepted(prepared: Preparation, boot: Boot, tmp_path: Path) -> None:
    """An address of one's own, on a VLAN: by cloud-init where it judges networks, and always by netplan."""
    address, gateway = ip_interface("192.0.2.9/24"), ip_address("192.0.2.1")
    network = Network(address=address, gateway=gateway, dns=(gateway,), vlan=7)
    files = preparation.files(replace(prepared, network=network), System.TRIXIE, boot, "rundtisch-1")
    file = tmp_path / "etc/netplan/network-config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(_text(files["network-config"]))
    file.chmod(0o600)
    run("netplan", "generate", "--root-dir", tmp_path)
    if HAS_NETWORK_SCHEMA:
        _judged(file, "network-config")


def test_each_time_is_the_first_to_cloud_init(prepared: Preparation, boot: Boot) -> None:
    """The instance stands in the file, and on the kernel's line, which wins over what was remembered."""
    files = preparation.files(prepared, System.TRIXIE, boot, "rundtisch-77")
    assert yaml.safe_load(_text(files["meta-data"])) == {"dsmode": "local", "instance-id": "rundtisch-77"}
    assert _text(files["cmdline.txt"]).endswith(" ds=nocloud;i=rundtisch-77\n")


def test_what_makes_it_start_comes_last(prepared: Preparation, boot: Boot) -> None:
    """A card pulled out of its folder half way starts as it did before."""
    for system in System:
        names = list(preparation.files(prepared, system, boot, "rundtisch-1"))
        assert names[0] == "rundtisch/firstboot.sh"
        assert names[-1] == "cmdline.txt"


def test_what_the_first_start_takes_is_listed_with_its_sum(prepared: Preparation, boot: Boot, tmp_path: Path) -> None:
    """Read by sha256sum, from within the folder."""
    files = preparation.files(prepared, System.BOOKWORM, boot, "rundtisch-1")
    for name, content in files.items():
        boot.write(name, content)
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"],
        cwd=tmp_path / "bootfs/rundtisch",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"bundle.tar: OK" in done.stdout


def test_the_token_is_in_the_ticket_and_nowhere_else(prepared: Preparation, boot: Boot) -> None:
    """It is the only secret of this card."""
    for system in System:
        files = preparation.files(prepared, system, boot, "rundtisch-1")
        holders = [name for name, content in files.items() if isinstance(content, bytes) and b"t" * 43 in content]
        assert holders == ["rundtisch-enrol.toml"]


@pytest.mark.parametrize("system", list(System))
def test_the_kernels_line_keeps_what_it_needs(prepared: Preparation, boot: Boot, system: System) -> None:
    """One line, done twice as done once; no console for who opens the case."""
    radio = replace(prepared, network=Network(wifi=Wifi(ssid="Gast", security=WifiSecurity.OPEN, country="CH")))
    once = _text(preparation.files(radio, system, boot, "rundtisch-1")["cmdline.txt"])
    boot.write("cmdline.txt", once.encode())
    twice = _text(preparation.files(radio, system, boot, "rundtisch-1")["cmdline.txt"])
    assert once == twice
    words = once.split()
    assert set(CMDLINE.split()) - set(words) == {"console=serial0,115200"}
    assert "cfg80211.ieee80211_regdom=CH" in words
    assert ("systemd.run=/boot/firmware/firstrun.sh" in words) == (system is System.BOOKWORM)
    assert once.count("\n") == 1


def test_the_firmwares_file_gets_one_part_of_ours() -> None:
    """Below what was there, also when it is done again."""
    text = "dtparam=audio=on\n\n[cm5]\ndtoverlay=dwc2\n"
    once = kernel.config(text)
    assert once.startswith(text)
    assert kernel.config(once) == once
    assert re.search(r"\n\[all\]\n(.+\n)*dtparam=watchdog=on\n", once)


def test_names_are_words_to_the_shell(tmp_path: Path) -> None:
    """Nothing of a plan can become a command."""
    script = firstrun.script("zimmer-2; touch /x", "Europe/Vienna")
    run("bash", "-n", "/dev/stdin", said=script.encode())
    assert "echo 'zimmer-2; touch /x' > /etc/hostname" in script


@pytest.mark.parametrize(
    ("terminal", "name"),
    [("rathaus.zimmer-2", "rathaus-zimmer-2"), (f"{'a' * 32}.{'b' * 32}", "a" * 32 + "-" + "b" * 30)],
)
def test_a_terminals_name_becomes_one_word_of_dns(terminal: str, name: str) -> None:
    """Not longer than such a word may be."""
    assert preparation.hostname(terminal) == name
