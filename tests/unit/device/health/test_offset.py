"""How far the clock is off, in systemd's words."""

from pathlib import Path

import pytest

from device.health.offset import offset_ms, read_offset

STATUS = """       Server: 192.0.2.1 (ntp.example.org)
Poll interval: 34min 8s (min: 32s; max 34min 8s)
       Offset: {}
        Delay: 1.843ms
       Jitter: 312us
"""


@pytest.mark.parametrize(
    ("said", "ms"),
    [
        ("+123us", 0.123),
        ("-2.5ms", -2.5),
        ("+1.250s", 1250),
        ("-1min 2.5s", -62_500),
        ("n/a", None),
        ("+1 fortnight", None),
        ("", None),
    ],
)
def test_an_offset_is_read(said: str, ms: float | None) -> None:
    """Of any size and sign; what makes no sense is not guessed."""
    assert read_offset(STATUS.format(said)) == ms


async def test_a_machine_without_a_time_service_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No program, one that fails, and one that tells."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await offset_ms() is None
    program = tmp_path / "timedatectl"
    for text, ms in (("exit 1", None), (f"echo '{STATUS.format('-7ms')}'", -7.0)):
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        assert await offset_ms() == ms
