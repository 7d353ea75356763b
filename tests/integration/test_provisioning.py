"""`provision` on a real broker: what it publishes arrives, what is wrong is not published, and the rules hold."""

import asyncio
import gc
import ssl
import weakref
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from kiosk.contract import codec, topics
from kiosk.contract.directory import Directory
from kiosk.contract.links import IceServers, MediaServers
from kiosk.contract.mqtt import RevokedLinks
from kiosk.contract.schedule import Schedule
from kiosk.runtime import invitation
from provisioning import broker, installation
from provisioning.__main__ import main
from provisioning.central import configuration, tasks
from provisioning.central.messages import connected
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Supervisor
from provisioning.installation import Installation

ROOM = "nord.r1"
DIRECTORY = Path(__file__).parents[2] / "provisioning" / "demo" / "directory.toml"


class House:
    """A miniature installation with its broker running."""

    def __init__(self, made: Installation, port: int) -> None:
        self.made = made
        self.port = port

    def provision(self, *arguments: str) -> int:
        return main([*arguments, "--config", str(self.made.central_file)])

    def client(self, file: Path, name: str) -> aiomqtt.Client:
        """A client with the certificate beside `file`."""
        context = ssl.create_default_context(cafile=str(file.parent / "ca.pem"))
        context.load_cert_chain(file.parent / "certificate.pem", self.made.credentials(file) / "mqtt-key")
        return aiomqtt.Client(
            HOST, self.port, identifier=name, tls_context=context, protocol=aiomqtt.ProtocolVersion.V5
        )

    def central(self) -> aiomqtt.Client:
        return self.client(self.made.central_file, "central")

    def terminal(self, name: str = ROOM) -> aiomqtt.Client:
        return self.client(self.made.terminal_file(name), name)

    def desk(self) -> aiomqtt.Client:
        return self.client(self.made.desk_file("desk-1"), "desk-1")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    port = free_port()
    plan = installation.Plan(
        terminals=(ROOM, "nord.r2"), hosts=(HOST,), broker_port=port, page="http://127.0.0.1:1", is_miniature=True
    )
    made = installation.create(tmp_path / "house", plan)
    (made.central_file.parent / "directory.toml").write_bytes(DIRECTORY.read_bytes())
    async with Supervisor(tmp_path / "logs") as supervisor:
        command = (broker.find_mosquitto(), "-c", str(made.broker_file))
        await supervisor.start(Program(name="broker", command=command))
        await until_open(port)
        yield House(made, port)


async def _retained(house: House, topic: str) -> bytes | None:
    """What a fresh subscriber finds on `topic`."""
    async with house.central() as client:
        await client.subscribe(topic, qos=1)
        await client.subscribe("rundtisch/v1/central/status", qos=1)
        await client.publish("rundtisch/v1/central/status", b"end", qos=1)
        async for message in client.messages:
            if message.topic.value.endswith("central/status"):
                return None
            assert isinstance(message.payload, bytes)
            return message.payload
    return None


def _calendar(tmp_path: Path, extra: str = "") -> Path:
    start = datetime.now(UTC) + timedelta(minutes=1)
    event = (
        "BEGIN:VEVENT\r\nUID:a\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%SZ}\r\nDURATION:PT1H\r\nSUMMARY:Frau Haddad\r\nX-RUNDTISCH-NUMBER:4711\r\n"
        "ATTENDEE;X-RUNDTISCH-DESK=youth-1:mailto:a@b.example\r\n"
        "ATTENDEE;X-RUNDTISCH-GUEST=clinic;X-RUNDTISCH-OFFICE=Klinikum:mailto:c@d.example\r\nEND:VEVENT\r\n"
    )
    file = tmp_path / "room.ics"
    file.write_text(f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{event}{extra}END:VCALENDAR\r\n")
    return file


async def test_a_schedule_arrives_at_its_terminal(house: House, tmp_path: Path) -> None:
    """`provision schedule push` publishes retained what the terminal may read; no name is in it."""
    assert house.provision("schedule", "push", "--room", ROOM, str(_calendar(tmp_path))) == 0
    async with house.terminal() as client:
        await client.subscribe(topics.terminal(ROOM, "desired", "schedule"), qos=1)
        message = await anext(aiter(client.messages))
    assert isinstance(message.payload, bytes)
    schedule = msgspec.json.decode(message.payload, type=Schedule)
    assert [(one.number, one.desks) for one in schedule.appointments] == [("4711", ("youth-1",))]
    assert message.retain
    assert b"Haddad" not in message.payload


async def test_refused_events_are_listed_and_the_rest_is_published(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 3, a line for each, by position and hash."""
    bad = "BEGIN:VEVENT\r\nUID:b\r\nDTSTART;VALUE=DATE:20260101\r\nEND:VEVENT\r\n"
    assert house.provision("schedule", "push", "--room", ROOM, str(_calendar(tmp_path, bad))) == 3
    assert "refused: event 2 (uid #" in capsys.readouterr().err
    assert await _retained(house, topics.terminal(ROOM, "desired", "schedule"))


async def test_a_dry_run_checks_and_publishes_nothing(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every push, and the withdrawal of a link; what is wrong is still told."""
    assert main(["relay", "new", str(tmp_path / "relay"), "--host", "turn.example.org", "--address", "192.0.2.1"]) == 0
    pushes = (
        (("schedule", "push", "--room", ROOM, str(_calendar(tmp_path))), topics.terminal(ROOM, "desired", "schedule")),
        (("directory", "push", str(DIRECTORY)), topics.DIRECTORY),
        (("media-server", "push", "--room", ROOM), topics.terminal(ROOM, "desired", "media-servers")),
        (
            ("relay", "push", "--room", ROOM, str(tmp_path / "relay/relay.toml")),
            topics.terminal(ROOM, "desired", "ice-servers"),
        ),
        (("link", "revoke", "0123456789abcdef"), topics.REVOKED),
    )
    for arguments, topic in pushes:
        capsys.readouterr()
        assert house.provision(*arguments, "--dry-run") == 0
        assert "would be" in capsys.readouterr().out
        assert await _retained(house, topic) is None
    assert house.provision("directory", "push", "nowhere.toml", "--dry-run") == 1


@pytest.mark.parametrize(
    "content", [b"no calendar", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"]
)
async def test_a_bad_calendar_leaves_the_last_schedule_standing(
    house: House, tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """No calendar, or none of its events usable: exit code 1, the file is named, nothing is published."""
    assert house.provision("schedule", "push", "--room", ROOM, str(_calendar(tmp_path))) == 0
    before = await _retained(house, topics.terminal(ROOM, "desired", "schedule"))
    bad = tmp_path / "bad.ics"
    bad.write_bytes(content)
    assert house.provision("schedule", "push", "--room", ROOM, str(bad)) == 1
    assert str(bad) in capsys.readouterr().err
    assert await _retained(house, topics.terminal(ROOM, "desired", "schedule")) == before


async def test_the_directory_arrives_without_addresses(house: House) -> None:
    """Six offices, eight needs, no mail address."""
    assert house.provision("directory", "push", str(DIRECTORY)) == 0
    payload = await _retained(house, topics.DIRECTORY)
    assert payload is not None
    directory = msgspec.json.decode(payload, type=Directory)
    assert (len(directory.offices), len(directory.needs)) == (6, 8)
    assert b"@" not in payload


def _servers(payload: bytes | None) -> MediaServers:
    return msgspec.json.decode(payload or b"", type=MediaServers)


async def test_media_servers_arrive_at_their_terminals(house: House, tmp_path: Path) -> None:
    """Each from the file that its making left; no file takes them back."""
    files = []
    for port in (8188, 8189):
        folder = tmp_path / str(port)
        assert main(["media-server", "new", str(folder), "--port", str(port)]) == 0
        assert folder.stat().st_mode & 0o077 == 0
        assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
        files.append(str(folder / "media-server.toml"))
    topic = topics.terminal(ROOM, "desired", "media-servers")
    assert house.provision("media-server", "push", "--room", ROOM, *files) == 0
    servers = _servers(await _retained(house, topic)).servers
    assert [server.url for server in servers] == ["ws://127.0.0.1:8188", "ws://127.0.0.1:8189"]
    assert all(len(server.key) == 32 for server in servers)
    assert house.provision("media-server", "push", "--room", ROOM, files[0], files[0]) == 1
    assert house.provision("media-server", "push", "--room", ROOM) == 0
    assert _servers(await _retained(house, topic)).servers == ()


async def test_relays_arrive_with_credentials_that_expire(house: House, tmp_path: Path) -> None:
    """Good for as many hours as was said; no file takes them back."""
    folder = tmp_path / "relay"
    assert main(["relay", "new", str(folder), "--host", "turn.example.org", "--address", "192.0.2.1"]) == 0
    topic = topics.terminal(ROOM, "desired", "ice-servers")
    assert house.provision("relay", "push", "--room", ROOM, "--hours", "2", str(folder / "relay.toml")) == 0
    stun, turn = codec.decode(await _retained(house, topic) or b"", IceServers, topic).servers
    assert stun.urls == ("stun:turn.example.org:3478",)
    expires, _, name = turn.username.partition(":")
    assert name == ROOM
    assert 7000 < int(expires) - datetime.now(UTC).timestamp() <= 7200
    assert house.provision("relay", "push", "--room", ROOM) == 0
    assert codec.decode(await _retained(house, topic) or b"", IceServers, topic).servers == ()


async def test_links_are_made_for_desks_and_guests_and_withdrawn(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The links open with the desk server's own key; a withdrawn id is on the retained list once."""
    keys = invitation.load_keys(house.made.credentials(house.made.desk_file("desk-1")) / invitation.KEY_CREDENTIAL)
    assert house.provision("link", "desk", "debts-1") == 0
    token = capsys.readouterr().out.split()[0].rpartition("/")[2]
    desk_link = invitation.read(keys, token)
    invitation.check(desk_link, datetime.now(UTC))
    assert isinstance(desk_link, invitation.DeskLink)
    assert desk_link.desk == "debts-1"

    assert house.provision("schedule", "push", "--room", ROOM, str(_calendar(tmp_path))) == 0
    capsys.readouterr()
    assert house.provision("link", "guest", "--room", ROOM, "--appointment", "4711", "--guest", "clinic") == 0
    token = capsys.readouterr().out.split()[0].rpartition("/")[2]
    guest_link = invitation.read(keys, token)
    invitation.check(guest_link, datetime.now(UTC))
    assert isinstance(guest_link, invitation.GuestLink)

    for link in (desk_link.id, guest_link.id, desk_link.id):
        assert house.provision("link", "revoke", link) == 0
    capsys.readouterr()
    for word in (f"https://desk.example.org/guest/{token}", desk_link.id[:-1], ""):
        assert house.provision("link", "revoke", word) == 1
        assert "that is no link's id" in capsys.readouterr().err
    payload = await _retained(house, topics.REVOKED)
    assert payload is not None
    assert msgspec.json.decode(payload, type=RevokedLinks).links == (desk_link.id, guest_link.id)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("link", "desk", "nobody-1"), "no desk 'nobody-1'"),
        (("link", "guest", "--room", ROOM, "--appointment", "1", "--guest", "x"), "no appointment '1'"),
        (("schedule", "push", "--room", "Raum 1", "x.ics"), "'Raum 1' is no terminal"),
        (("schedule", "push", "--room", ROOM, "nowhere.ics"), "nowhere.ics: No such file"),
        (("directory", "push", "nowhere.toml"), "nowhere.toml: No such file"),
    ],
)
async def test_wrong_wishes_are_answered_in_words(
    house: House, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 and one line that says what is wrong."""
    assert house.provision(*arguments) == 1
    assert message in capsys.readouterr().err


async def test_a_broker_that_is_away_is_named(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Host, port and the system's own words."""
    file = house.made.central_file
    file.write_text(file.read_text().replace(f"port = {house.port}", f"port = {free_port()}"))
    assert house.provision("directory", "push", str(DIRECTORY)) == 1
    assert "Connection refused" in capsys.readouterr().err


async def test_of_links_withdrawn_at_once_none_is_forgotten(house: House) -> None:
    """Each command reads the list and publishes it with one more."""
    central, links = configuration.load(house.made.central_file), tuple(f"{number:016}" for number in range(8))
    await asyncio.gather(*(asyncio.to_thread(tasks.revoke, central, link) for link in links))
    payload = await _retained(house, topics.REVOKED)
    assert payload is not None
    assert set(codec.decode(payload, RevokedLinks, "revoked").links) == set(links)


async def test_a_connection_leaves_no_sockets(house: House) -> None:
    """paho closes what wakes its loop when it is let go."""
    central = configuration.load(house.made.central_file)

    def ask() -> "weakref.ref[object]":
        with connected(central) as connection:
            assert connection.terminals() == ()
            return weakref.ref(connection._client)

    gc.disable()
    try:
        assert (await asyncio.to_thread(ask))() is None
    finally:
        gc.enable()


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_a_certificate_of_another_authority_opens_nothing(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`provision` of another installation is told so."""
    plan = installation.Plan(terminals=(ROOM,), hosts=(HOST,), broker_port=house.port, is_miniature=True)
    other = House(installation.create(tmp_path / "other", plan), house.port)
    assert other.provision("directory", "push", str(DIRECTORY)) == 1
    assert "TLS" in capsys.readouterr().err


async def _publish(client: aiomqtt.Client, topic: str) -> str:
    """The reason code with which the broker answers a publish of QoS 1."""
    answers: list[str] = []
    own = client._client.on_publish

    def on_publish(*arguments: object) -> None:
        answers.append(str(arguments[3]))
        own(*arguments)  # type: ignore[misc, arg-type]

    client._client.on_publish = on_publish
    await client.publish(topic, b"{}", qos=1)
    return answers[0]


@pytest.mark.parametrize(
    ("who", "topic", "is_allowed"),
    [
        ("terminal", f"terminals/{ROOM}/status", True),
        ("terminal", "terminals/nord.r2/status", False),
        ("terminal", f"terminals/{ROOM}/desk/debts-1/rung", True),
        ("terminal", f"desks/debts-1/terminal/{ROOM}/knock", False),
        ("terminal", "directory", False),
        ("terminal", "all/command/reboot/1", False),
        ("desk", "desks/debts-1/presence", True),
        ("desk", f"desks/debts-1/terminal/{ROOM}/knock", True),
        ("desk", f"terminals/{ROOM}/command/reboot/1", False),
        ("desk", f"terminals/{ROOM}/desired/schedule", False),
        ("desk", "revoked", False),
        ("central", f"terminals/{ROOM}/command/ping/1", True),
        ("central", f"terminals/{ROOM}/desired/schedule", True),
        ("central", f"terminals/{ROOM}/status", False),
        ("central", "desks/debts-1/presence", False),
    ],
)
async def test_the_broker_lets_each_write_only_what_is_theirs(
    house: House, who: str, topic: str, is_allowed: bool
) -> None:
    """A foreign publish comes back as reason code 0x87, Not authorized."""
    client = {"terminal": house.terminal, "desk": house.desk, "central": house.central}[who]()
    async with client:
        answer = await _publish(client, f"{topics.ROOT}/{topic}")
    assert (answer != "Not authorized") is is_allowed


@pytest.mark.parametrize(
    ("topic", "is_heard"),
    [
        (f"terminals/{ROOM}/command/ping/1", True),
        ("terminals/nord.r2/command/ping/1", False),
        (f"terminals/{ROOM}/desired/schedule", True),
        ("terminals/nord.r2/desired/schedule", False),
        ("all/command/ping/1", True),
        ("revoked", False),
    ],
)
async def test_a_terminal_reads_only_what_is_for_it(house: House, topic: str, is_heard: bool) -> None:
    """It may subscribe to all, and gets its own."""
    async with house.terminal() as terminal, house.central() as central:
        await terminal.subscribe(f"{topics.ROOT}/#", qos=1)
        await central.publish(f"{topics.ROOT}/{topic}", b"for one", qos=1)
        await central.publish(f"{topics.DIRECTORY}", b"for all", qos=1)
        message = await anext(aiter(terminal.messages))
    assert (message.payload == b"for one") is is_heard


async def test_nobody_gets_in_without_a_certificate(house: House) -> None:
    """Trusting the authority is not enough."""
    context = ssl.create_default_context(cafile=str(house.made.authority.ca_file))
    client = aiomqtt.Client(HOST, house.port, tls_context=context, protocol=aiomqtt.ProtocolVersion.V5, timeout=1)
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            pass


async def test_an_oversized_message_ends_the_connection(house: House) -> None:
    """Nobody can make the broker carry more than the contract's longest message."""
    client = house.terminal()
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            await client.publish(topics.terminal(ROOM, "status"), b"x" * 400_000, qos=1, timeout=1)
