"""The layers of the house are checked, and the check does see a violation."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("kiosk", "device", "provisioning")
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the source tree in which a test may do damage."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=house, capture_output=True, text=True, timeout=60, check=False
    )


def test_layers_of_the_untouched_house_hold(house: Path) -> None:
    """The source tree as it is breaks no contract."""
    result = lint_imports(house)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("kiosk/media/planted.py", "import kivy", "Kivy only in the touch app"),
        ("kiosk/desk/planted.py", "import av", "aiortc and PyAV only in media"),
        ("device/planted.py", "from gpiozero import LED", "gpiozero only in device.room"),
        ("device/room/planted.py", "import paho.mqtt.client", "MQTT clients only in"),
        ("kiosk/consultation/planted.py", "import time", "The consultation is pure"),
        ("kiosk/contract/planted.py", "import numpy", "The contract uses msgspec only"),
        ("kiosk/contract/planted.py", "import kiosk.runtime", "Imports go down only"),
        ("kiosk/ui/planted.py", "import kiosk.media", "Imports go down only"),
    ],
)
def test_planted_violation_is_found(house: Path, module: str, line: str, contract: str) -> None:
    """One forbidden import anywhere fails the check, and its contract is named as broken."""
    (house / module).write_text(line + "\n")
    result = lint_imports(house)
    assert result.returncode != 0
    assert any(contract in row and "BROKEN" in row for row in result.stdout.splitlines()), result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("kiosk/desk/robot/planted.py", "import av, aiortc"),
        ("device/room/planted.py", "import gpiozero"),
        ("device/broker/planted.py", "import aiomqtt, paho.mqtt.client"),
    ],
)
def test_named_exceptions_are_let_through(house: Path, module: str, line: str) -> None:
    """The packages the design names may import what the rest may not."""
    path = house / module
    path.parent.mkdir(exist_ok=True)
    (path.parent / "__init__.py").touch()
    path.write_text(line + "\n")
    result = lint_imports(house)
    assert result.returncode == 0, result.stdout + result.stderr


def test_contract_imports_nothing_from_outside_but_msgspec() -> None:
    """The contract knows the standard library, itself and msgspec."""
    allowed = sys.stdlib_module_names | {"msgspec", "kiosk"}
    for path in (ROOT / "kiosk" / "contract").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, path
