"""`provision site`, `room`, `office`, `need`, `desk`: what is added can be read, what is wrong changes nothing."""

import json
from pathlib import Path

import pytest

from kiosk.contract import configuration
from provisioning import plan
from provisioning.__main__ import main
from provisioning.central import directory

CENTRAL = '# Our houses.\n[central]\nbroker = "b.example"\nenrolment = "https://b.example:8444"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With one house and two rooms; where `provision` looks for the plan."""
    (tmp_path / "plan.toml").write_text(CENTRAL)
    monkeypatch.setenv("RUNDTISCH_PLAN", str(tmp_path))
    assert main(["site", "add", "rathaus", "--title", "Rathaus", "--gateway", "192.0.2.1", "--dns", "192.0.2.53"]) == 0
    assert main(["room", "add", "rathaus.zimmer-2", "--title", "Zimmer 2", "--address", "192.0.2.10/24"]) == 0
    assert main(["room", "add", "rathaus.zimmer-3", "--title", "Zimmer „3“"]) == 0
    return tmp_path


def test_rooms_are_added_below_what_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Comments stay; the list shows addresses and ways."""
    assert (folder / "plan.toml").read_text().startswith(CENTRAL)
    assert plan.read(folder).room("rathaus.zimmer-3").title == "Zimmer „3“"
    capsys.readouterr()
    assert main(["room", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "rathaus.zimmer-2  Zimmer 2    192.0.2.10/24  cable"
    assert main(["room", "list", "--site", "rathaus", "--json"]) == 0
    assert [room["name"] for room in json.loads(capsys.readouterr().out)["rooms"]] == list(plan.read(folder).rooms)
    assert main(["site", "list"]) == 0
    assert capsys.readouterr().out.split()[-3:] == ["rathaus", "Rathaus", "2"]


def test_a_room_is_shown_as_its_terminal_s_configuration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `provision flash` puts onto its card; with the room's own settings in it."""
    (folder / "authority").mkdir()
    (folder / "authority" / "ca.pem").write_text("a certificate")
    (folder / "dim.toml").write_text("[display]\ndim_after_s = 60\n")
    assert main(["room", "add", "rathaus.b", "--title", "Saal B", "--settings", "dim.toml"]) == 0
    capsys.readouterr()
    assert main(["room", "show", "rathaus.b"]) == 0
    (folder / "terminal.toml").write_text(capsys.readouterr().out)
    made = configuration.load(folder / "terminal.toml")
    assert (made.terminal.name, made.terminal.room, made.mqtt.host) == ("rathaus.b", "Saal B", "b.example")
    assert made.display.dim_after_s == 60


def test_settings_come_from_any_editor_and_are_refused_by_their_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with the plan itself: a byte order mark is no fault, Latin-1 is, and line and column are named."""
    (folder / "authority").mkdir()
    (folder / "authority" / "ca.pem").write_text("a certificate")
    assert main(["room", "add", "rathaus.b", "--title", "Saal B", "--settings", "dim.toml"]) == 0
    text = "[display]\ndim_after_s = 60  # Büro\n"
    (folder / "dim.toml").write_text(text, encoding="utf-8-sig")
    assert main(["room", "show", "rathaus.b"]) == 0
    assert "dim_after_s = 60" in capsys.readouterr().out
    for data, message in (
        (text.encode("latin-1"), "dim.toml: byte 32 is no UTF-8; save the file as UTF-8"),
        (b"[display]\ndim_after_s = \n", "dim.toml:2:15: Invalid value"),
    ):
        (folder / "dim.toml").write_bytes(data)
        assert main(["room", "show", "rathaus.b"]) == 1
        assert message in capsys.readouterr().err


def test_a_room_that_is_taken_out_leaves_the_rest(folder: Path) -> None:
    """A house goes when it has no rooms any more."""
    assert main(["site", "remove", "rathaus"]) == 1
    assert main(["room", "remove", "rathaus.zimmer-2"]) == 0
    assert list(plan.read(folder).rooms) == ["rathaus.zimmer-3"]
    assert main(["room", "remove", "rathaus.zimmer-3"]) == 0
    assert main(["site", "remove", "rathaus"]) == 0
    assert (folder / "plan.toml").read_text().strip() == CENTRAL.strip()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("room", "add", "rathaus.zimmer-2", "--title", "x"), "room 'rathaus.zimmer-2' already"),
        (("room", "add", "turm.a", "--title", "x"), "no site 'turm'; provision site add turm"),
        (("room", "add", "Turm", "--title", "x"), "'Turm' is no terminal"),
        (("room", "add", "rathaus.b", "--title", "x", "--address", "192.0.2.10/24"), "belongs to rathaus.zimmer-2"),
        (("room", "add", "rathaus.b", "--title", "x", "--vlan", "5000"), "5000: Expected `int` <= 4094"),
        (("room", "remove", "rathaus.zimmer-4"), "did you mean rathaus.zimmer-3 or rathaus.zimmer-2?"),
        (("site", "add", "rathaus", "--title", "x"), "site 'rathaus' already"),
        (("site", "add", "b", "--title", "x", "--time-zone", "Mars"), "no zone 'Mars'"),
        (("office", "add", "Youth", "--name", "de=x"), "'Youth': Expected `str` matching"),
        (("office", "add", "youth", "--name", "en=x"), "no words for 'de'"),
        (("desk", "add", "youth-1", "--office", "youth", "--name", "de=x"), "no office 'youth'"),
        (("desk", "remove", "youth-1"), "there is no 'youth-1'; there are: none"),
    ],
)
def test_what_is_wrong_changes_nothing(
    folder: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says why."""
    before = (folder / "plan.toml").read_bytes()
    assert main(list(arguments)) == 1
    assert message in capsys.readouterr().err
    assert (folder / "plan.toml").read_bytes() == before
    assert not (folder / "directory.toml").exists()


@pytest.mark.parametrize(
    ("file", "text", "arguments", "message"),
    [
        ("plan.toml", "sites = 3\n", ("site", "add", "b", "--title", "B"), "a table is wanted - at `$.sites`"),
        ("plan.toml", "[sites]\nturm = 3\n", ("room", "add", "turm.a", "--title", "A"), "wanted - at `$.sites.turm`"),
        ("plan.toml", '[sites.turm]\ntitle = "T"\nrooms = 3\n', ("room", "add", "turm.a", "--title", "A"),
         "a table is wanted - at `$.sites.turm.rooms`"),
        ("directory.toml", "offices = 3\n", ("office", "add", "a", "--name", "de=A"), "a list of tables is wanted"),
        ("directory.toml", "[offices]\nid = 3\n", ("office", "remove", "a"), "[[offices]] before each"),
        ("directory.toml", "desks = [3]\n", ("desk", "remove", "a"), "directory.toml:1:9: a list of tables is wanted"),
        ("directory.toml", 'offices = [{ id = "a", name = { de = "A" } }]\n', ("office", "remove", "a"),
         "take it out of"),
    ],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused_by_its_place(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    file: str,
    text: str,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """Whoever writes by hand may write a number where a table belongs."""
    monkeypatch.setenv("RUNDTISCH_PLAN", str(tmp_path))
    (tmp_path / file).write_text(text if file == "directory.toml" else f"{text}{CENTRAL}")
    before = (tmp_path / file).read_bytes()
    assert main(list(arguments)) == 1
    assert message in capsys.readouterr().err
    assert (tmp_path / file).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ('[sites]\nturm = { title = "T" }\n', ("room", "add", "turm.a", "--title", "A"),
         "plan.toml:2:8: no table can be added to 'sites.turm.rooms' as it is written"),
        ('sites = { turm = { title = "T" } }\n', ("site", "add", "rathaus", "--title", "R"), "such as [sites.rathaus]"),
        ("", ("site", "add", "turm", "--title", "M\udcfcnchen"), "b'\\xfc', which is no UTF-8"),
    ],
)  # fmt: skip
def test_nothing_is_added_that_would_make_the_file_unreadable(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """TOML closes a table within braces for good; a terminal in Latin-1 says bytes that are no UTF-8."""
    monkeypatch.setenv("RUNDTISCH_PLAN", str(tmp_path))
    (tmp_path / "plan.toml").write_text(f"{text}{CENTRAL}")
    before = (tmp_path / "plan.toml").read_bytes()
    assert main(list(arguments)) == 1
    assert message in capsys.readouterr().err
    assert (tmp_path / "plan.toml").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_every_sign_of_a_title_can_be_read_again(folder: Path) -> None:
    """Of those that no keyboard has, too: one pasted by mistake costs nobody the plan."""
    title = "".join(map(chr, range(1, 32))) + '"\\\x7f\x85\ufeff'
    assert main(["site", "add", "turm", "--title", title]) == 0
    assert plan.read(folder).sites["turm"].title == title


def test_a_dry_run_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It checks all the same."""
    before = (folder / "plan.toml").read_bytes()
    assert main(["room", "add", "rathaus.b", "--title", "B", "--dry-run"]) == 0
    assert "would add rathaus.b" in capsys.readouterr().out
    assert main(["room", "add", "rathaus.b", "--title", "B", "--vlan", "0", "--dry-run"]) == 1
    assert main(["room", "remove", "rathaus.zimmer-2", "--dry-run"]) == 0
    assert (folder / "plan.toml").read_bytes() == before


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_spreadsheet_becomes_rooms(folder: Path, separator: str) -> None:
    """Quoted cells, a byte order mark, empty lines, a table in the table, lists in a cell."""
    rows = (
        ("room", "title", "address", "dns", "vlan", "wifi.ssid", "wifi.security"),
        ("rathaus.a", f'"Saal ""A""{separator} oben"', "192.0.2.20/24", "192.0.2.8 192.0.2.9", "7", "", ""),
        ("", "", "", "", "", "", ""),
        ("rathaus.b", "B", "", "", "", "Haus", "open"),
    )
    (folder / "rooms.csv").write_bytes("\r\n".join(separator.join(row) for row in rows).encode("utf-8-sig"))
    assert main(["room", "import", str(folder / "rooms.csv")]) == 0
    read = plan.read(folder)
    assert read.room("rathaus.a").title == f'Saal "A"{separator} oben'
    assert [str(one) for one in read.room("rathaus.a").network.dns] == ["192.0.2.8", "192.0.2.9"]
    wifi = read.room("rathaus.b").network.wifi
    assert wifi
    assert wifi.ssid == "Haus"


def test_all_faults_of_a_spreadsheet_are_told_by_line_and_column(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is taken."""
    file = folder / "rooms.csv"
    file.write_text(
        'room;title;address;vlan\nrathaus.a;"A\nA";192.0.2.20;\nrathaus.b;B;;1\nrathaus.c;;;\nrathaus.d;D;;9999\n'
    )
    before = (folder / "plan.toml").read_bytes()
    assert main(["room", "import", str(file)]) == 1
    said = capsys.readouterr().err
    assert f"{file}:3:4: '192.0.2.20' has no prefix" in said
    assert f"{file}:5:1: 'title' is missing" in said
    assert f"{file}:6:14: 9999: Expected `int` <= 4094" in said
    assert said.count("\n") == 3
    assert (folder / "plan.toml").read_bytes() == before


def test_the_same_fault_in_every_row_is_not_told_a_thousand_times(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty are enough to see what it is, and come at once."""
    file = folder / "rooms.csv"
    rows = "".join(f"rathaus.r{number};R;192.0.2.7\n" for number in range(1000))
    file.write_text(f"room;title;address\n{rows}")
    assert main(["room", "import", str(file)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 21
    assert said[-1].strip() == "and there may be more"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1:1: the file is empty"),
        ("room,titel\n", ":1:6: 'titel' is no column; columns are: room, title,"),
        ("title\nx\n", ":1:1: the column 'room' is missing"),
        ("room,title\nrathaus.a,A,b\n", ":2:13: 'b' has no column"),
        ("room,title\n,A\n", ":2:1: 'room' is empty"),
        ("title,room\nA,rathaus.a\nB,rathaus.Z 4\n", ":3:3: 'rathaus.Z 4' is no terminal"),
        ("room,title,title\nrathaus.a,A,B\n", ":1:6: the column 'title' is there twice"),
        ('room,title\nrathaus.a,"A\nrathaus.b,B\n', ":2:11: this cell begins with a quote that has no end"),
        ("room,title,vlan\nrathaus.a,A,sieben\n", ":2:13: 'sieben' is no number"),
        ("room,title\nturm.a,A\n", ":2:1: there is no site 'turm'"),
        ("room,title\nrathaus.zimmer-2,A\n", ":2:1: there is a room 'rathaus.zimmer-2' already"),
    ],
)
def test_a_spreadsheet_that_cannot_be_is_refused(
    folder: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where to look is named."""
    file = folder / "rooms.csv"
    file.write_text(text)
    assert main(["room", "import", str(file)]) == 1
    assert f"{file}{message}" in capsys.readouterr().err


def test_offices_needs_and_desks_become_a_directory(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the commands wrote is what `provision directory push` reads; what is used cannot go."""
    assert main(["office", "add", "debts", "--name", "de=Schuldnerberatung", "--name", "en=Debt advice"]) == 0
    assert main(["need", "add", "debts", "--name", "de=Schulden", "--icon", "scales", "--by-appointment-only"]) == 0
    desk = ["desk", "add", "debts-1", "--office", "debts", "--name", "de=Platz 1", "--need", "debts"]
    assert main([*desk, "--address", "platz1@amt.example"]) == 0
    file = folder / "desks.csv"
    file.write_text("id,office,name.de,needs,addresses\ndebts-2,debts,Platz 2,debts,a@amt.example b@amt.example\n")
    assert main(["desk", "import", str(file)]) == 0
    read = directory.read(folder / "directory.toml")
    assert [(one.id, one.needs) for one in read.directory.desks] == [("debts-1", ("debts",)), ("debts-2", ("debts",))]
    assert read.directory.needs[0].by_appointment_only
    assert set(read.addresses) == {"platz1@amt.example", "a@amt.example", "b@amt.example"}
    assert main(["office", "remove", "debts"]) == 1
    assert "no office 'debts'" in capsys.readouterr().err
    assert main(["desk", "remove", "debts-1"]) == main(["desk", "remove", "debts-2"]) == 0
    assert main(["office", "remove", "debts"]) == main(["need", "remove", "debts"]) == 0
    assert directory.read(folder / "directory.toml").directory.desks == ()


def test_without_a_plan_it_is_said_where_one_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a folder that has none."""
    monkeypatch.delenv("RUNDTISCH_PLAN", raising=False)
    monkeypatch.chdir(tmp_path)
    assert main(["room", "list"]) == 1
    assert "`provision central init` makes one" in capsys.readouterr().err
