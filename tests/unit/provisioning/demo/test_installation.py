"""The demo's installation: real files, today's appointments, and nothing left behind."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.contract import configuration
from provisioning.central import directory, schedule
from provisioning.demo import installation, options

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_calendar_begins_now_with_two_partners() -> None:
    """Every event of it can be used; one is over, one was cancelled."""
    now = datetime(2026, 3, 4, 9, 7, 31, tzinfo=UTC)
    desks = directory.read(Path(installation.__file__).with_name("directory.toml"))
    result = schedule.build(installation.schedule(now).encode(), "demo", desks, BERLIN, now)
    assert not result.refused
    first, *others = result.schedule.appointments
    assert first.number == "4711"
    assert first.desks == ("youth-1", "debts-2")
    assert first.start <= now < first.end
    assert [one.number for one in others] == ["4712", "4715"]
    assert others[1].guests[0].office == "Klinikum Nord"


def test_the_directory_has_offices_enough_and_words_in_many_languages() -> None:
    """At least five offices; every need and office can be read in German, English and Arabic."""
    found = directory.read(Path(installation.__file__).with_name("directory.toml")).directory
    assert len(found.offices) >= 5
    assert len(found.needs) == 8
    for name in (*(office.name for office in found.offices), *(need.name for need in found.needs)):
        assert {"de", "en", "tr", "ar", "uk", "ru"} <= name.keys()
    served = {need for desk in found.desks for need in desk.needs}
    assert served == {need.id for need in found.needs}


def test_a_house_is_built_and_gone_again() -> None:
    """Its terminal reads its configuration; after the context no folder is left, on disk or in memory."""
    with installation.build(options.parse(["--headless", "--size", "800x480"])) as house:
        terminal = configuration.load(house.terminal_file)
        assert terminal == house.terminal
        assert (terminal.ui.width_px, terminal.ui.is_near) == (800, True)
        assert (terminal.media.camera, terminal.media.microphone) == ("pattern", "tone")
        agent = house.agent()
        assert Path(agent.environment["CREDENTIALS_DIRECTORY"], "mqtt-key").exists()
        assert "CREDENTIALS_DIRECTORY" not in house.ui().environment
        assert "CREDENTIALS_DIRECTORY" not in house.media().environment
        folders = (house.directory, house.memory)
        assert all(len(str(path)) < 100 for path in (terminal.links.frames_socket, terminal.room.bench_socket))
    assert not any(folder.exists() for folder in folders)


def test_what_a_killed_demo_left_is_swept_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the next one, and only when its process is no more."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    dead, alive = tmp_path / "rundtisch-demo-999999999-x", tmp_path / "rundtisch-demo-1-x"
    dead.mkdir()
    alive.mkdir()
    with installation.build(options.parse(["--headless"])):
        assert not dead.exists()
        assert alive.exists()


def test_times_of_the_template_are_counted_from_the_minute() -> None:
    """@+60 is one hour after the present minute, in UTC."""
    now = datetime(2026, 3, 4, 9, 7, 31, tzinfo=UTC)
    hour_later = now.replace(second=0) + timedelta(hours=1)
    assert f"DTSTART:{hour_later:%Y%m%dT%H%M%SZ}" in installation.schedule(now)
