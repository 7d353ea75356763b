"""What the updater makes of the agent's wishes; the whole way of an update is in `integration`."""

from pathlib import Path

import pytest

from kiosk.contract import codec
from kiosk.contract.update import REQUEST, Cause, Request, Wish
from tests.fakes.releases import Machine


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Without any version, and without a server."""
    (tmp_path / "root.json").write_bytes(b"{}")
    (tmp_path / "software").mkdir()
    return Machine(tmp_path / "machine", tmp_path / "root.json", "", tmp_path / "software")


def test_a_wish_is_heard_once(machine: Machine) -> None:
    """The file is gone before anything is done."""
    request = machine.configuration.update.runtime_directory / REQUEST
    request.write_bytes(codec.encode(Request(wish=Wish.ROLL_BACK)))
    assert machine.updater().run(None).cause == Cause.BY_HAND.value
    assert not request.exists()
    assert machine.updater().run(None).cause == ""


@pytest.mark.parametrize("data", [b"", b"apply", b'{"wish":"everything"}', b"\xff" * 300_000])
def test_what_is_no_wish_is_dropped_and_said(machine: Machine, caplog: pytest.LogCaptureFixture, data: bytes) -> None:
    """Whoever looks why nothing happens finds a line, without what was in it."""
    request = machine.configuration.update.runtime_directory / REQUEST
    request.write_bytes(data)
    assert machine.updater().run(None).cause == ""
    assert not request.exists()
    (line,) = caplog.messages
    assert line.startswith("refused (")
    assert "the agent's request" in line
