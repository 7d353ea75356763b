"""`provision central check` on a whole central side of real servers: all is well, and then each fault, by its name."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from msgspec.structs import replace

from kiosk.contract import topics
from kiosk.contract.links import IceServers, MediaServer, MediaServers
from kiosk.contract.schedule import Schedule
from provisioning import broker, turn
from provisioning.__main__ import main
from provisioning.authority import Authority
from provisioning.central.messages import connected
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Supervisor
from provisioning.enrolment import est
from provisioning.outside import services, survey, way
from provisioning.outside.survey import House
from provisioning.outside.way import Way
from tests.fakes import certificates
from tests.fakes.central_house import DIRECTORY, ROOM, Central, running

NOBODY = "10.99.0.3"
"""On the cable of the tests' namespace there is no such machine."""
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module", name="central")
async def running_central(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Central]:
    async with running(tmp_path_factory.mktemp("check")) as central:
        yield central


async def test_a_central_side_that_works_has_no_fault(central: Central, capsys: pytest.CaptureFixture[str]) -> None:
    """Every part is asked; exit code 0, as a table and as JSON."""
    command = ["central", "check", "--config", str(central.made.central_file)]
    assert await asyncio.to_thread(main, [*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {one["result"] for one in said["checks"]} == {"ok"}
    assert {(one["part"], one["check"]) for one in said["checks"]} == {
        *((part, check) for part in ("broker", "page", "enrolment") for check in ("name", "port", "certificate")),
        *(("broker", check) for check in ("strangers", "log-in", "directory", "terminals", "schedules", "relays")),
        *(("page", "answer"), ("page", "clock"), ("enrolment", "answer")),
        *(("media server", check) for check in ("name", "port", "answer")),
        *(("relay", check) for check in ("name", "port", "UDP", "TCP", "TLS")),
    }
    assert await asyncio.to_thread(main, command) == 0
    assert "all is well" in capsys.readouterr().out


async def test_faults_are_exit_code_3_with_what_mends_them(
    central: Central, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is checked all the same."""
    folder = central.made.central_file.parent
    file = tmp_path / "central.toml"
    text = central.made.central_file.read_text().replace(
        f"port = {central.house.central.mqtt.port}", f"port = {free_port()}"
    )
    file.write_text(text)
    for name in ("ca.pem", "certificate.pem"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert await asyncio.to_thread(main, ["central", "check", "--config", str(file)]) == 3
    said = capsys.readouterr().out
    assert "broker, port: nobody listens there: systemctl status mosquitto" in said
    assert "the desk server answers, and reaches the broker" in said
    assert "there is no relay.toml beside the central side's file" in said


@contextlib.asynccontextmanager
async def _listening(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any], files: tuple[Path, Path] | None = None
) -> AsyncIterator[int]:
    """A server of our own at a port of its own, with TLS where there are certificate and key."""
    context = None
    if files:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
    server = await asyncio.start_server(handler, HOST, 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Listens, and says nothing."""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await reader.read()
    writer.close()


async def _hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-x\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("days", "host", "message"),
    [
        ((-9, -1), HOST, "ended on"),
        ((1, 9), HOST, "begins on"),
        ((-9, 3), HOST, "ends on"),
        ((-9, 90), "desk.example.org", f"is for desk.example.org, not for {HOST}"),
        ((-9, 90), HOST, ""),
    ],
)
async def test_a_certificate_is_looked_at(
    central: Central, tmp_path: Path, days: tuple[int, int], host: str, message: str
) -> None:
    """Ended, not begun, soon to end, for somebody else."""
    begin, end = (timedelta(days=one) for one in days)
    files = certificates.issue(central.authority, tmp_path, "x", begin, end, host)
    tls = ssl.create_default_context(cafile=str(central.authority.ca_file))
    async with _listening(_wait, files) as port:
        last = (await way.look(Way(part="page", host=HOST, port=port, unit="nginx", tls=tls)))[-1]
    assert (last.check, last.result == "fault") == ("certificate", bool(message))
    assert message in last.detail
    assert bool(last.remedy) is bool(message)


async def test_another_authority_is_not_believed(central: Central, tmp_path: Path) -> None:
    """Who signed is named: it may be somebody in between."""
    other = Authority.create(tmp_path / "other", name="Someone")
    files = certificates.issue(other, tmp_path, "x", timedelta(days=-1), timedelta(days=90), HOST)
    tls = ssl.create_default_context(cafile=str(central.authority.ca_file))
    async with _listening(_wait, files) as port:
        last = (await way.look(Way(part="page", host=HOST, port=port, unit="nginx", tls=tls)))[-1]
    assert "signed by CN=Someone, who is not believed here" in last.detail
    assert "in between" in last.remedy


async def test_what_speaks_no_tls_is_told(central: Central) -> None:
    """Another service on that port, or one that hangs."""
    tls = ssl.create_default_context(cafile=str(central.authority.ca_file))
    for handler, message in ((_hang_up, "TLS fails"), (_wait, "no TLS in time")):
        async with _listening(handler) as port:
            to = Way(part="page", host=HOST, port=port, unit="nginx", tls=tls, timeout_s=0.3)
            last = (await way.look(to))[-1]
        assert (last.check, last.result) == ("certificate", "fault")
        assert message in last.detail


async def test_a_name_that_is_none_is_told(central: Central) -> None:
    """Before anything else is tried."""
    for name in ("nowhere.invalid", "no..name"):
        (only,) = await way.look(Way(part="broker", host=name, port=8883, unit="mosquitto"))
        assert (only.check, only.result) == ("name", "fault")
        assert f"A or AAAA record for {name}" in only.remedy


async def test_an_address_that_is_none_is_told(central: Central) -> None:
    """Of a media server whose file was written by hand; the others are looked at all the same."""
    server = MediaServer(url="wss://media.example.org:99999", key="x" * 32)
    found = await survey.survey(_only(central=central.house.central, media_server=server))
    (only,) = (one for one in found if one.part == "media server")
    assert (only.check, only.result) == ("name", "fault")
    assert "'wss://media.example.org:99999' is no address" in only.detail


async def test_a_port_that_nobody_answers_at_is_told_from_one_that_is_refused(central: Central) -> None:
    """A firewall that drops, and a service that does not run."""
    for host, port, message in ((NOBODY, 8883, "a firewall drops it"), (HOST, free_port(), "nobody listens there")):
        last = (await way.look(Way(part="broker", host=host, port=port, unit="mosquitto", timeout_s=0.3)))[-1]
        assert (last.check, last.result) == ("port", "fault")
        assert message in last.remedy


async def test_a_broker_that_lets_anybody_in_is_a_fault(central: Central, tmp_path: Path) -> None:
    """A real mosquitto with two lines wrong."""
    port = free_port()
    text = central.made.broker_file.read_text()
    for old, new in (
        (f"listener {central.house.central.mqtt.port}", f"listener {port}"),
        ("require_certificate true", "require_certificate false"),
        ("use_identity_as_username true", ""),
        ("allow_anonymous false", "allow_anonymous true"),
        ("persistence true", "persistence false"),
    ):
        assert old in text
        text = text.replace(old, new)
    file = central.made.broker_file.with_name("open.conf")
    file.write_text(text)
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(Program(name="open", command=(broker.find_mosquitto(), "-c", str(file))))
        await until_open(port)
        open_to_all = replace(central.house.central, mqtt=replace(central.house.central.mqtt, port=port))
        faults = await central.faults(_only(central=open_to_all))
    assert "lets anybody in" in faults["broker: strangers"].detail
    assert "require_certificate true" in faults["broker: strangers"].remedy


def _only(**parts: Any) -> House:
    """Nothing but these parts."""
    return House(**{**parts, "central": replace(parts["central"], page="")})


async def test_a_certificate_of_another_house_does_not_log_in(central: Central, tmp_path: Path) -> None:
    """As after `central init` was called twice."""
    other = Authority.create(tmp_path / "other")
    other.issue("central", tmp_path / "certificate.pem", tmp_path / "mqtt-key")
    foreign = replace(
        central.house.central,
        mqtt=replace(central.house.central.mqtt, certificate_file=tmp_path / "certificate.pem"),
        credentials_directory=tmp_path,
    )
    faults = await central.faults(_only(central=foreign))
    assert set(faults) == {"broker: log-in"}


async def test_what_is_old_at_the_broker_is_told(central: Central) -> None:
    """A schedule that nobody renews, relays' credentials that have ended, a directory without a desk."""
    schedule = topics.terminal(ROOM, "desired", "schedule")
    ice_servers = topics.terminal(ROOM, "desired", "ice-servers")
    assert central.house.relay
    old = turn.ice_servers(central.house.relay, ROOM, 1_700_000_000)
    good = turn.ice_servers(central.house.relay, ROOM, int(datetime.now(UTC).timestamp()) + 86_400)
    await central.publish(schedule, Schedule(published=datetime.now(UTC) - timedelta(days=8)))
    await central.publish(ice_servers, IceServers(servers=old))
    await central.publish(topics.DIRECTORY, {"version": 1})
    faults = await central.faults(_only(central=central.house.central, relay=central.house.relay))
    assert set(faults) == {"broker: schedules", "broker: relays", "broker: directory"}
    assert ROOM in faults["broker: schedules"].detail
    assert "provision relay push --all" in faults["broker: relays"].remedy
    await central.publish(schedule, Schedule(published=datetime.now(UTC)))
    await central.publish(ice_servers, IceServers(servers=good))
    config = ("--config", str(central.made.central_file))
    assert await asyncio.to_thread(main, ["directory", "push", str(DIRECTORY), *config]) == 0
    assert not await central.faults(_only(central=central.house.central, relay=central.house.relay))


async def test_rooms_of_the_plan_that_never_came_are_named(central: Central) -> None:
    """That is no fault: they may not be plugged in yet."""
    found = await survey.survey(_only(central=central.house.central, rooms=(ROOM, "nord.r2")))
    (rooms,) = (one for one in found if one.check == "terminals")
    assert (rooms.result, "not yet: nord.r2" in rooms.detail) == ("skipped", True)


async def test_all_are_those_who_came_and_those_of_the_plan(central: Central, tmp_path: Path) -> None:
    """`--all`: a new room has relays before its terminal comes for the first time."""
    folder = central.made.central_file.parent
    plan = (folder / "plan.toml").read_text()
    (folder / "plan.toml").write_text(plan + '[sites.nord.rooms.r9]\ntitle = "R9"\n')
    try:
        config = ("--config", str(central.made.central_file))
        assert await asyncio.to_thread(main, ["relay", "push", "--all", str(folder / "relay.toml"), *config]) == 0
        assert await asyncio.to_thread(main, ["relay", "push", str(folder / "relay.toml"), *config]) == 2
    finally:
        (folder / "plan.toml").write_text(plan)

    def published() -> dict[str, bytes]:
        with connected(central.house.central) as connection:
            return connection.retained(topics.terminal("+", "desired", "ice-servers"))

    assert {topic.split("/")[-3] for topic in await asyncio.to_thread(published)} == {ROOM, "nord.r9"}


async def test_wrong_keys_are_told_from_servers_that_are_away(central: Central) -> None:
    """Media server and relay, each with another's key, and at a port where nobody listens."""
    media, relay = central.house.media_server, central.house.relay
    assert media
    assert relay
    wrong = _only(
        central=central.house.central,
        media_server=replace(media, key="x" * 32),
        relay=replace(relay, secret="x" * 64),
    )
    faults = await central.faults(wrong)
    assert set(faults) == {"media server: answer", *(f"relay: {one}" for one in ("UDP", "TCP", "TLS"))}
    assert "the same key" in faults["media server: answer"].remedy
    assert "the same secret" in faults["relay: UDP"].remedy
    away = _only(
        central=central.house.central,
        media_server=replace(media, url=f"ws://{HOST}:{free_port()}"),
        relay=replace(relay, port=free_port()),
    )
    faults = await central.faults(away)
    assert set(faults) == {"media server: port", "relay: port"}
    assert "systemctl status coturn" in faults["relay: port"].remedy


async def test_every_server_that_terminals_were_told_of_is_looked_at(central: Central) -> None:
    """Beside those of our own files: one that works under another name, and one where nobody listens."""
    media, relay = central.house.media_server, central.house.relay
    assert media
    assert relay
    away, port, end_s = f"{HOST}:{free_port()}", media.url.rpartition(":")[2], int(datetime.now(UTC).timestamp()) + 600
    other = str(int(ip_address(relay.host)))  # the same to whoever looks it up
    ice_servers = topics.terminal(ROOM, "desired", "ice-servers")
    media_servers = topics.terminal(ROOM, "desired", "media-servers")
    urls = (media.url, f"ws://localhost:{port}", f"ws://{away}")
    others = (relay, replace(relay, host=other, tls_port=None), replace(relay, port=free_port()))
    servers = [server for one in others for server in turn.ice_servers(one, ROOM, end_s)]
    try:
        await central.publish(media_servers, MediaServers(servers=tuple(replace(media, url=url) for url in urls)))
        await central.publish(ice_servers, IceServers(servers=tuple(servers)))
        house = _only(central=central.house.central, media_server=media, relay=relay)
        found = await survey.survey(house)
    finally:
        await central.publish(media_servers, MediaServers())
        await central.publish(ice_servers, IceServers(servers=turn.ice_servers(relay, ROOM, end_s)))
    results: dict[str, dict[str, str]] = {}
    for one in found:
        results.setdefault(one.part, {})[one.check] = one.result.value
    assert results[f"media server localhost:{port}"] == dict.fromkeys(("name", "port", "answer"), "ok")
    assert results[f"media server {away}"] == {"name": "ok", "port": "fault"}
    assert results[f"relay {other}:{relay.port}"] == dict.fromkeys(("name", "port", "UDP", "TCP"), "ok")
    assert results[f"relay {relay.host}:{others[2].port}"] == {"name": "ok", "port": "fault"}
    assert [part for part in results if part.startswith("media server")].count("media server") == 1
    assert len([part for part in results if part.startswith("relay")]) == 3


@contextlib.asynccontextmanager
async def _site(
    files: tuple[Path, Path], path: str, answer: Callable[[], web.Response]
) -> AsyncIterator[tuple[str, ssl.SSLContext]]:
    """Something else that answers with TLS."""

    async def handle(_: web.Request) -> web.Response:
        return answer()

    application = web.Application()
    application.router.add_get(path, handle)
    runner = web.AppRunner(application)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    port = free_port()
    await web.TCPSite(runner, HOST, port, ssl_context=context).start()
    try:
        yield f"https://{HOST}:{port}", context
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("answer", "check", "message"),
    [
        (lambda: web.Response(text="It works!"), "answer", "not the desk server's words"),
        (lambda: web.Response(status=502), "answer", "the desk server behind it does not"),
        (lambda: web.json_response({"broker": False}, status=503), "answer", "does not reach the broker"),
        (
            lambda: web.json_response({"broker": True}, headers={"Date": "Mon, 30 Nov 2020 10:00:00 GMT"}),
            "clock",
            "from this machine's",
        ),
    ],
)
async def test_what_the_page_s_address_answers_is_read(
    central: Central, tmp_path: Path, answer: Callable[[], web.Response], check: str, message: str
) -> None:
    """The proxy alone, somebody else, a desk server that is cut off, a clock that is wrong."""
    files = certificates.issue(central.authority, tmp_path, "x", timedelta(days=-1), timedelta(days=90), HOST)
    tls = ssl.create_default_context(cafile=str(central.authority.ca_file))
    async with _site(files, "/health", answer) as (url, _):
        found = await services.page(url, tls)
    (only,) = (one for one in found if one.result == "fault")
    assert only.check == check
    assert message in only.detail
    assert only.remedy


async def test_an_enrolment_server_of_another_house_is_told(central: Central, tmp_path: Path) -> None:
    """Terminals would not believe it."""
    other = Authority.create(tmp_path / "other")
    files = certificates.issue(central.authority, tmp_path, "x", timedelta(days=-1), timedelta(days=90), HOST)
    async with _site(files, est.AUTHORITY, lambda: web.Response(body=est.wrap([other.certificate]))) as (url, _):
        verdict = await services.enrolment(url, central.authority.ca_file)
    assert "another authority" in verdict.detail
    async with _site(files, "/x", lambda: web.Response()) as (url, _):
        verdict = await services.enrolment(url, central.authority.ca_file)
    assert "HTTP 404" in verdict.detail
    assert "systemctl status kiosk-enrolment" in verdict.remedy


async def test_renewed_certificates_are_let_in(central: Central, tmp_path: Path) -> None:
    """`central renew`: new keys of the same names, of the same authority; a dry run changes nothing."""
    folder = central.made.directory
    before = {file: file.read_bytes() for file in folder.rglob("*.pem") if "issued" not in file.parts}
    assert await asyncio.to_thread(main, ["central", "renew", str(folder), "--dry-run"]) == 0
    assert all(file.read_bytes() == content for file, content in before.items())
    assert await asyncio.to_thread(main, ["central", "renew", str(folder)]) == 0
    changed = {file.relative_to(folder).as_posix() for file, content in before.items() if file.read_bytes() != content}
    assert changed == {
        *("broker/certificate.pem", "broker/key.pem", "central/certificate.pem", "enrolment/server.pem"),
        *("enrolment/certificate.pem", "desk-servers/desk-1/certificate.pem"),
    }
    assert not await central.faults(_only(central=central.house.central))
