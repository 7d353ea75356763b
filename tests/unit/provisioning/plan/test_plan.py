"""The plan of an installation: a room has all its site says, its own word wins, and faults are told to the column."""

from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest

from kiosk.contract.errors import ConfigurationError
from provisioning import plan
from provisioning.plan import position

GOOD = """\
# Our houses.
[central]
broker = "central.example.org"
enrolment = "https://central.example.org:8444"

[sites.rathaus]
title = "Rathaus Mitte"
gateway = "192.0.2.1"
dns = ["192.0.2.53",  # the first
       "192.0.2.54"]
ntp = ["ntp.example.org"]
proxy = "http://proxy.example.org:3128"
settings = "rooms.toml"

[sites.rathaus.rooms.zimmer-2]
title = "Zimmer 2"
address = "192.0.2.10/24"
vlan = 7

[sites.rathaus.rooms.zimmer-3]
title = "Zimmer 3"
time_zone = "Europe/Lisbon"
wifi = { ssid = "Haus", password_file = "secrets/wifi" }

[sites.quartier]
title = "Quartier"
[sites.quartier.rooms]
a = { title = "A" }
"""


def read(folder: Path, text: str) -> plan.Plan:
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    return plan.read(folder)


def test_a_room_has_what_it_says_and_what_its_site_says(tmp_path: Path) -> None:
    """Address of its own, name servers of the house, paths beside the plan."""
    read_plan = read(tmp_path, GOOD)
    assert list(read_plan.rooms) == ["rathaus.zimmer-2", "rathaus.zimmer-3", "quartier.a"]
    fixed, wireless = read_plan.room("rathaus.zimmer-2"), read_plan.room("rathaus.zimmer-3")
    assert fixed.network.address == ip_interface("192.0.2.10/24")
    assert fixed.network.gateway == ip_address("192.0.2.1")
    assert fixed.network.dns == (ip_address("192.0.2.53"), ip_address("192.0.2.54"))
    assert (fixed.network.vlan, fixed.network.proxy) == (7, "http://proxy.example.org:3128")
    assert fixed.settings == tmp_path / "rooms.toml"
    assert (fixed.time_zone, wireless.time_zone) == ("Europe/Berlin", "Europe/Lisbon")
    assert wireless.network.address is None
    assert wireless.network.wifi
    assert wireless.network.wifi.password_file == tmp_path / "secrets" / "wifi"
    assert read_plan.central.ca_file == tmp_path / "authority" / "ca.pem"
    assert read_plan.sites["quartier"].rooms == ("quartier.a",)


def test_whom_to_call_is_told_by_room_house_or_installation(tmp_path: Path) -> None:
    """The nearest word holds, as with the number of the staff page, which lies in a file beside the plan."""
    text = GOOD.replace("[central]\n", '[central]\ncontact = """\nIT\n030 1"""\n')
    text = text.replace('title = "Rathaus Mitte"', 'title = "R"\ncontact = "Empfang"\nstaff_pin_file = "secrets/pin"')
    text = text.replace('title = "Zimmer 3"', 'title = "Z"\ncontact = "Frau Weber"\nstaff_pin_file = "secrets/pin-3"')
    rooms = read(tmp_path, text).rooms
    assert [room.contact for room in rooms.values()] == ["Empfang", "Frau Weber", "IT\n030 1"]
    files = [room.staff_pin_file for room in rooms.values()]
    assert files == [tmp_path / "secrets/pin", tmp_path / "secrets/pin-3", None]
    assert {room.contact for room in read(tmp_path, GOOD).rooms.values()} == {None}


def test_an_unknown_room_is_answered_by_its_neighbours(tmp_path: Path) -> None:
    """A slip of a finger is seen at once."""
    with pytest.raises(ConfigurationError, match=r"no room 'rathaus.zimer-2'; did you mean rathaus.zimmer-2"):
        read(tmp_path, GOOD).room("rathaus.zimer-2")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("vlan = 7", "vlan = 4095", r"plan.toml:18:8: 4095: Expected `int` <= 4094.*1 to 4094"),
        ("vlan = 7", 'vlan = "7"', r"plan.toml:18:8: '7': Expected `int \| null`"),
        ("vlan = 7", "vlam = 7", r"plan.toml:18:8: 'vlam' is not known here.*known are: .*vlan"),
        ("/24", "", r"plan.toml:17:11: '192.0.2.10' has no prefix.*192.0.2.10/24"),
        ("192.0.2.10/24", "192.0.2.300/24", r"plan.toml:17:11: '192.0.2.300/24' is no IP address"),
        ('"192.0.2.54"]', '"gestern"]', r"plan.toml:10:8: 'gestern' is no IP address - at `\$.sites.rathaus.dns\[1\]`"),
        ('gateway = "192.0.2.1"', 'gateway = "10.0.0.1"', r"'10.0.0.1' is not in the network of 192.0.2.10/24"),
        ('gateway = "192.0.2.1"\n', "", r"plan.toml:16:11: a fixed address needs a gateway"),
        ('title = "Zimmer 2"\n', "", r"plan.toml:15:1: 'title' is missing.*what people call it"),
        ('title = "Zimmer 2"', f'title = "{"x" * 41}"', r"plan.toml:16:9: 'x+': Expected `str` of length <= 40"),
        ("Europe/Lisbon", "Europe/Lissabon", r"plan.toml:22:13: there is no zone 'Europe/Lissabon'"),
        (', password_file = "secrets/wifi"', "", r"plan.toml:23:8: the password of 'Haus' is missing"),
        ('ssid = "Haus"', 'ssid = ""', r"plan.toml:23:17: '': Expected `str` of length >= 1.*wifi.ssid"),
        ("zimmer-3]", "Zimmer_3]", r"plan.toml:20:1: 'Zimmer_3' is no name.*a-z, 0-9 and -"),
        ('ssid = "Haus"', 'sid = "Haus"', r"23:16: 'sid' is .*wifi.sid`; known are: ssid, security, .*is_hidden"),
        ('ssid = "Haus"', 'ssid = "Haus", security = "wpa2"', r"plan.toml:23:36: 'wpa2'.*; open, psk or enterprise"),
        ("a = { title", "a = { adress", r"plan.toml:28:16: 'adress' is not known here"),
        ("a = { title = \"A\" }", "a = 3", r"plan.toml:28:5: 3: a table is wanted"),
        ("https://central", "http://central", r"plan.toml:4:13: .*https://central.example.org:8444"),
        ('broker = "central.', 'broker = "central..', r"plan.toml:3:10: 'central..example.org' is no host .*address"),
        (":8444", ":84444", r"plan.toml:4:13: 'https://central.example.org:84444' is no address - at .*:8444$"),
        ("[central]", "[zentrale]", r"plan.toml:2:1: 'zentrale' is not known here.*`central` and `sites`"),
        ("vlan = 7", "vlan = ", r"plan.toml:18:8: Invalid value"),
        ("vlan = 7", 'contact = ""', r"plan.toml:18:11: '': Expected `str` of length >= 1.*whom to call"),
        ("vlan = 7", f'contact = "{"x" * 71}"', r"plan.toml:18:11: 'x+' does not fit on the screen.*up to 6 lines"),
        ("vlan = 7", r'contact = "\u001bc"', r"plan.toml:18:11: .* does not fit on the screen"),
        ("vlan = 7", "staff_pin_file = 123456", r"plan.toml:18:18: 123456: .*four to eight digits"),
        ("[central]\n", f"[central]\ncontact = {'x' * 7!r}\ncontakt = 7\n", r"plan.toml:4:11: 'contakt' is not known"),
        ("[central]\n", '[central]\ncontact = "a\\tb"\n', r"plan.toml:3:11: 'a\\tb' does not fit .*central.contact"),
        ("vlan = 7", 'wifi = { ssid = "x", security = "open" }\nvlan = 7', r"toml:19:8: a wireless network has no"),
        ("vlan = 7", 'dot1x = { method = "tls", identity = "{name}", ca_file = "ca" }', r":18:9: method `tls` needs"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_line_column_value_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    """The first fault, where an editor jumps to."""
    assert old in GOOD
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, GOOD.replace(old, new, 1))


def test_two_rooms_have_two_addresses(tmp_path: Path) -> None:
    """In one VLAN; in two it may be the same."""
    second = (
        '\n[sites.quartier.rooms.b]\ntitle = "B"\ngateway = "192.0.2.1"\ndns = ["192.0.2.1"]\naddress = "192.0.2.10/24"'
    )
    assert len(read(tmp_path, GOOD + second + "\n").rooms) == 4
    with pytest.raises(ConfigurationError, match=r"plan.toml:34:\d+: 192.0.2.10 belongs to rathaus.zimmer-2 already"):
        read(tmp_path, GOOD + second + "\nvlan = 7\n")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Missing, or saved by an old editor."""
    with pytest.raises(ConfigurationError, match=r"plan.toml: No such file"):
        plan.read(tmp_path / "plan.toml")
    (tmp_path / "plan.toml").write_bytes("title = 'Büro'".encode("cp1252"))
    with pytest.raises(ConfigurationError, match=r"byte 11 is no UTF-8; save the file as UTF-8"):
        plan.read(tmp_path)


def test_a_secret_is_one_line_that_only_its_owner_reads(tmp_path: Path) -> None:
    """What others may read is no secret."""
    file = tmp_path / "wifi"
    file.write_text("correct horse\n")
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        plan.secret(file)
    file.chmod(0o600)
    assert plan.secret(file) == "correct horse"
    file.write_text("two\nlines")
    with pytest.raises(ConfigurationError, match="one line"):
        plan.secret(file)


def test_every_value_has_its_place() -> None:
    """Strings with brackets, several lines, arrays of tables and what is below them, dotted and quoted keys."""
    text = 'a = """[x]\n b = 1"""\nc.d = [1, {e = "]"}, # ]\n  [2]]\n[[t]]\nf = 1\n[t.u]\ng = \'#\'\n[[t]]\n"h i" = 2\n'
    places = {way: (place.line, place.column) for way, place in position.places(text).items()}
    assert places == {
        ("a",): (1, 5), ("c",): (3, 1), ("c", "d"): (3, 7), ("c", "d", 0): (3, 8), ("c", "d", 1): (3, 11),
        ("c", "d", 1, "e"): (3, 16), ("c", "d", 2): (4, 3), ("c", "d", 2, 0): (4, 4), ("t",): (5, 1), ("t", 0): (5, 1),
        ("t", 0, "f"): (6, 5), ("t", 0, "u"): (7, 1), ("t", 0, "u", "g"): (8, 5), ("t", 1): (9, 1),
        ("t", 1, "h i"): (10, 9),
    }  # fmt: skip
