"""Bundles out of checkouts: one of this repository as it is, and small ones for what takes two."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from kiosk.contract.errors import ConfigurationError
from provisioning import installation
from provisioning.installation import Plan
from provisioning.release import build, bundle, platform
from provisioning.release.bundle import REQUIREMENTS, SYSTEMD, TOOLS, WHEELS
from provisioning.update.first import first
from provisioning.update.versions import Versions
from tests.fakes.releases import write_wheel

ROOT = Path(__file__).parents[2]
_PROJECT = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "rundtisch"
version = "7.0"
[tool.setuptools.packages.find]
include = ["kiosk*", "provisioning*"]
"""


def _commit(folder: Path) -> None:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    for words in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "test")):
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of ours in small: one locked package, which a mirror of the house has, and one language."""
    folder = tmp_path / "checkout"
    kept = ("provisioning/__init__.py", "provisioning/fonts.py", "kiosk/__init__.py", "README.md")
    for name in (*kept, "kiosk/ui/texts/de/LC_MESSAGES/rundtisch.po", "systemd/kiosk.target"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    wheels = tmp_path / "mirror"
    write_wheel(wheels, 3, {"small.py": b""})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    (folder / "provisioning/lock").mkdir()
    (folder / "provisioning/lock/runtime.txt").write_text(build.requirements(wheels))
    (folder / "pyproject.toml").write_text(_PROJECT)
    _commit(folder)
    return folder


def test_the_same_commit_makes_the_same_bytes(checkout: Path, tmp_path: Path) -> None:
    """So that who signs can build it anew and compare; beside it lies the list of its parts."""
    (one,) = build.build(checkout, tmp_path / "one", (platform.own(),))
    (checkout / "not-committed.txt").write_text("x")
    (two,) = build.build(checkout, tmp_path / "two", (platform.own(),))
    assert one.bundle.read_bytes() == two.bundle.read_bytes()
    assert one.parts.read_bytes() == two.parts.read_bytes()
    listed = {part["name"] for part in json.loads(one.parts.read_bytes())["components"]}
    assert listed == {"small", "rundtisch"}
    assert one.manifest.serial == int(f"{one.manifest.made:%Y%m%d%H%M}")


def test_what_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no checkout"):
        build.build(tmp_path, tmp_path / "dist", (platform.own(),))


@pytest.fixture(scope="module")
def ours() -> Path:
    """The real thing, of this commit."""
    done = subprocess.run(
        ["bash", str(ROOT / "tests/appliance/bundle.sh")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}Outside of a namespace, with a network:  bash tests/appliance/bundle.sh"
    return Path(done.stdout.strip())


@pytest.mark.appliance
def test_our_own_bundle_has_all_that_a_terminal_needs(ours: Path) -> None:
    """Every locked package, our wheel, pip, units and fonts; nothing twice."""
    files = set(bundle.manifest_of(ours).files)
    lock = (ROOT / "provisioning/lock/runtime.txt").read_text().splitlines()
    locked = {line.split("==")[0] for line in lock if "==" in line and not line.startswith((" ", "#"))}
    wheels = [Path(name).name.split("-")[0].replace("_", "-").lower() for name in files if name.startswith(WHEELS)]
    assert {name.replace("_", "-").replace(".", "-") for name in locked} <= {name.replace(".", "-") for name in wheels}
    assert len(wheels) == len(set(wheels))
    assert "rundtisch" in wheels
    assert {REQUIREMENTS, f"{SYSTEMD}/install.sh", f"{SYSTEMD}/kiosk-device.service"} <= files
    assert any(name.startswith(f"{TOOLS}/pip-") for name in files)
    assert "share/rundtisch/fonts/Rundtisch-Bold.ttf" in files
    assert ours.stat().st_size < 150e6
    parts = json.loads(ours.with_suffix(".cdx.json").read_bytes())
    assert locked <= {part["name"].lower().replace("_", "-") for part in parts["components"]}


@pytest.mark.appliance
def test_our_own_bundle_becomes_a_terminal_s_first_version(ours: Path, tmp_path: Path) -> None:
    """Installed offline by hash, and it passes its own test; once more is no harm."""
    card, etc = tmp_path / "card", tmp_path / "etc"
    for folder in (card, etc):
        folder.mkdir()
    (card / "root.json").write_bytes(b"{}")
    (card / "bundle.tar").symlink_to(ours)
    made = installation.create(tmp_path / "house", Plan(terminals=("nord.r1",), hosts=("broker.example.org",)))
    shutil.copy(made.terminal_file("nord.r1"), etc / "terminal.toml")
    serial = bundle.manifest_of(ours).serial
    for _ in range(2):
        assert first(card / "bundle.tar", etc / "terminal.toml", tmp_path / "software") == serial
    versions = Versions(tmp_path / "software")
    assert (versions.current, versions.proven) == (serial, serial)
    assert (etc / "release-root.json").read_bytes() == b"{}"
    assert (tmp_path / "software/current/README.md").exists()
    assert (tmp_path / "software/current" / WHEELS).exists(), "the next release is put together of them"
    python = versions.folder(serial) / ".venv" / "bin" / "python"
    said = subprocess.run([python, "-m", "device", "--help"], capture_output=True, text=True, check=True).stdout
    assert "The device agent" in said
