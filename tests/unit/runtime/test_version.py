"""Which release this is."""

import sys
import tomllib
from pathlib import Path

import pytest

from kiosk.runtime.version import version
from provisioning.__main__ import main


def test_a_checkout_says_that_it_is_one(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its number is that of pyproject.toml; `provision --version` prints the same."""
    uninstalled = [folder for folder in sys.path if not [*Path(folder).glob("rundtisch-*.dist-info")]]
    monkeypatch.setattr(sys, "path", uninstalled)
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    assert version() == f"{project['version']}+checkout"
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{version()}\n"


def test_an_installed_one_says_what_its_record_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As pip writes it."""
    (tmp_path / "rundtisch-9.8.7.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert version() == "9.8.7"
