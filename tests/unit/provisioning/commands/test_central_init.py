"""`provision central init`: one folder with all parts; what cannot be is said before anything is written."""

import resource
from pathlib import Path

import pytest

from kiosk.desk import configuration as desk
from provisioning import plan
from provisioning.__main__ import main
from provisioning.central import configuration
from provisioning.installation import Installation
from tests.fakes.process_list import secrets_below, started

GOOD = ("--host", "central.example.org", "--address", "192.0.2.8", "--page", "https://desk.example.org")


def init(directory: Path, *arguments: str) -> int:
    return main(["central", "init", str(directory), *arguments])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    directory = tmp_path_factory.mktemp("central") / "house"
    assert init(directory, *GOOD, "--admin-network", "10.0.0.0/8", "--admin-network", "fd00::/8") == 0
    return Installation(directory)


def test_the_parts_know_each_other(made: Installation) -> None:
    """Names, ports and keys that have to be the same are the same."""
    central = configuration.load(made.central_file)
    planned = plan.read(made.central_file.parent).central
    assert (central.mqtt.host, central.page) == (planned.broker, planned.page)
    assert planned.ca_file.read_bytes() == made.authority.ca_file.read_bytes()
    read = desk.load(made.desk_file("desk-1"))
    assert read.media_servers == ("wss://desk.example.org",)
    assert f"proxy_pass http://127.0.0.1:{read.listen.port};" in (made.directory / "proxy/nginx.conf").read_text()
    assert 'url = "wss://desk.example.org/janus"' in (made.central_file.parent / "media-server.toml").read_text()
    assert 'host = "desk.example.org"' in (made.central_file.parent / "relay.toml").read_text()


def test_the_firewall_opens_what_is_served(made: Installation) -> None:
    """Web, broker, enrolment, relay, media; SSH from where administrators are."""
    rules = (made.directory / "firewall/rundtisch.nft").read_text()
    assert "tcp dport { 443, 80, 8883, 8444, 3478, 5349 } accept" in rules
    assert "udp dport { 3478, 20000-29999, 49152-65535 } accept" in rules
    assert "ip saddr { 10.0.0.0/8 } tcp dport 22 accept" in rules
    assert "ip6 saddr { fd00::/8 } tcp dport 22 accept" in rules


def test_no_secret_is_readable_for_others(made: Installation) -> None:
    """Every file with a key or password is its owner's alone."""
    words = ("PRIVATE", "secret", "admin_key", "key = ")
    for file in made.directory.rglob("*"):
        if file.is_file() and (any(word in file.read_text() for word in words) or "credentials" in file.parts):
            is_open = file.stat().st_mode & 0o077
            assert not is_open or file.name in ("central.toml", "enrolment.toml", "desk.toml", "install.sh"), file
    assert made.directory.stat().st_mode & 0o077 == 0


def test_a_second_desk_server_is_for_another_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """install.sh has the first; what is to be done with the other is said."""
    assert init(tmp_path / "house", *GOOD, "--desk-server", "desk-1", "--desk-server", "desk-2") == 0
    said = capsys.readouterr().out
    assert f"desk-2, on another machine: {tmp_path}/house/desk-servers/desk-2 to /etc/rundtisch/desk there" in said
    assert "desk-1, on another machine" not in said
    assert "desk-servers/desk-2" not in (tmp_path / "house/install.sh").read_text()


def test_a_full_disk_leaves_nothing_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Half an installation would keep the next one from being made there."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, before[1]))  # keys fit in, and most files do not
    try:
        assert init(tmp_path / "house", *GOOD) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "provision: File too large" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    assert init(tmp_path / "file" / "house", *GOOD) == 1
    assert "Not a directory" in capsys.readouterr().err


def test_no_secret_is_given_to_a_program(tmp_path: Path) -> None:
    """By its command line or environment, where others could read it."""
    with started() as processes:
        assert init(tmp_path / "house", *GOOD) == 0
    secrets = secrets_below(tmp_path / "house")
    assert len(secrets) > 8
    assert processes.leaks(secrets) == []


def test_what_is_not_wanted_is_left_out(tmp_path: Path) -> None:
    """Neither its files nor its ports."""
    assert init(tmp_path / "house", *GOOD, "--no-media-server", "--no-relay") == 0
    house = tmp_path / "house"
    assert not (house / "media-server").exists()
    assert not (house / "relay").exists()
    assert "janus" not in (house / "proxy/nginx.conf").read_text()
    assert "udp dport {" not in (house / "firewall/rundtisch.nft").read_text()
    assert "coturn" not in (house / "install.sh").read_text()


def test_a_server_may_be_known_by_its_address_alone(tmp_path: Path) -> None:
    """Of either family, in web addresses with brackets; partners need a name, for which there are certificates."""
    for address in ("192.0.2.8", "2001:db8::8"):
        house = tmp_path / address
        assert init(house, "--host", address, "--address", address, "--page", "https://desk.example.org") == 0
        central = plan.read(house / "central").central
        assert central.enrolment == ("https://[2001:db8::8]:8444" if ":" in address else "https://192.0.2.8:8444")
        assert desk.load(Installation(house).desk_file("desk-1")).mqtt.host == address


def test_an_authority_of_the_house_comes_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only a request is made; without the answer nothing goes on."""
    house = tmp_path / "house"
    assert init(house, *GOOD, "--csr") == 0
    assert [one.name for one in house.iterdir()] == ["authority"]
    capsys.readouterr()
    assert init(house, *GOOD) == 1
    assert "a request waits for the house's signature" in capsys.readouterr().err
    assert init(house, *GOOD, "--ca", str(tmp_path / "nowhere.pem")) == 1
    assert [one.name for one in house.iterdir()] == ["authority"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--host", "a b", "--address", "192.0.2.8"), "'https://a b' is no address|'a b' is neither"),
        (("--host", "2001:db8::8", "--address", "2001:db8::8"), "is no address for partners"),
        (("--host", "a", "--address", "b"), "'b' is no IP address"),
        ((*GOOD, "--page", "http://x"), "'http://x' is no address for partners"),
        ((*GOOD, "--page", "https://x:8883"), "port 8883 is the broker's"),
        ((*GOOD, "--page", "https://x:3478"), "port 3478 is the relay's"),
        ((*GOOD, "--page", "https://x:99999"), "'https://x:99999' is no address for partners"),
        ((*GOOD, "--page", "https://[::1"), "'https://[::1' is no address for partners"),
        ((*GOOD, "--page", "https://a..b"), "'https://a..b' is no address for partners"),
        ((*GOOD, "--page", "https://x?y"), "'https://x?y' is no address for partners"),
        ((*GOOD, "--page", "https://me@x"), "'https://me@x' is no address for partners"),
        ((*GOOD, "--port", "443"), "--port: 443 is the web server's; leave it out: 8883"),
        ((*GOOD, "--port", "8444"), "--port: 8444 is the enrolment server's"),
        ((*GOOD, "--host", "central.example.org:8883"), "'central.example.org:8883' is neither a host name nor"),
        ((*GOOD, "--host", "2001:db8::zz"), "'2001:db8::zz' is neither"),
        ((*GOOD, "--host", "a..b"), "'a..b' is neither"),
        ((*GOOD, "--admin-network", "10.0.0.1/8"), "'10.0.0.1/8' is no network"),
        ((*GOOD, "--certificate", "a.pem", "/x/b.pem"), "'a.pem': a path from /"),
        ((*GOOD, "--desk-server", "central"), "'central' is no name"),
        ((*GOOD, "--terminal", "Raum 1"), "'Raum 1' is no terminal"),
        ((*GOOD, "--relay-host", "x;y"), "'x;y' is neither"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says why."""
    assert init(tmp_path / "house", *arguments) == 1
    said = capsys.readouterr().err
    assert any(part in said for part in message.split("|")), said
    assert not (tmp_path / "house").exists()


@pytest.mark.parametrize(
    ("old", "new", "command", "message"),
    [
        ('time_zone = "Europe/Berlin"', 'time_zone = "Europe"', "release status", "no time zone 'Europe' - at"),
        ('page = "https://desk.example.org"', 'page = "desk"', "link desk x", "'desk' is no address; https://desk."),
        ('page = "https://desk.example.org"', 'page = "https://a:99999"', "central check", "at `$.page`"),
        (
            'host = "central.example.org"',
            'host = "a..b"',
            "release status",
            "'a..b' is no host name - at `$.mqtt.host`",
        ),
        ('host = "central.example.org"', 'host = ""', "release status", "'' is no host name - at `$.mqtt.host`"),
        ('ca_file = "ca.pem"', 'ca_file = "away.pem"', "central check --page-ca PEM", "away.pem: No such file"),
        ('ca_file = "ca.pem"', 'ca_file = "central.toml"', "central check --page-ca PEM", "toml: no certificate of an"),
        ("", "", "central check --page-ca away.pem", "away.pem: No such file"),
    ],
)
def test_a_slip_in_the_central_file_is_told_by_its_place(
    made: Installation, old: str, new: str, command: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By whichever command meets it first; the name server is not asked for it."""
    text = made.central_file.read_text()
    assert old in text
    slip = made.central_file.with_name("slip.toml")
    slip.write_text(text.replace(old, new))
    words = command.replace("PEM", str(made.authority.ca_file)).split()
    assert main([*words, "--config", str(slip)]) == 1
    assert message in capsys.readouterr().err


def test_nothing_is_made_over_another(made: Installation, tmp_path: Path) -> None:
    """A new authority would lock every terminal out; a dry run writes nothing at all."""
    assert init(made.directory, *GOOD) == 1
    assert init(made.directory, *GOOD, "--csr") == 1
    assert init(tmp_path / "house", *GOOD, "--dry-run") == 0
    assert not (tmp_path / "house").exists()
