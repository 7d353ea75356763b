"""The link lets in who it should, survives what it is sent, and says when the other side is gone."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kiosk.contract import codec, intents
from kiosk.contract.errors import LinkError, Reason
from kiosk.contract.links import CONTRACT_VERSION, FromUi, Greeting, Role, TouchReport
from kiosk.runtime import link
from kiosk.runtime.link import Link
from kiosk.runtime.log import Refusals

OWN_UID = os.getuid()
HELP = intents.AskHelp()


class Agent:
    """The listening side: keeps what peers say."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.refusals = Refusals(logging.getLogger("test"))
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self.links: list[Link] = []
        self.gone = asyncio.Event()

    async def serve(self, connected: Link) -> None:
        self.links.append(connected)
        self.heard.put_nowait("here")
        try:
            while True:
                self.heard.put_nowait(await connected.receive(FromUi))
        except EOFError:
            self.gone.set()
            raise

    async def next(self) -> Any:
        return await asyncio.wait_for(self.heard.get(), 5)

    @contextlib.asynccontextmanager
    async def listening(
        self, uid: int = OWN_UID, on_link: Callable[[Link], Awaitable[None]] | None = None
    ) -> AsyncIterator["Agent"]:
        async with link.listen(self.path, Role.AGENT, Role.UI, uid, on_link or self.serve, self.refusals):
            yield self


@pytest.fixture
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    return Agent(tmp_path_factory.mktemp("l") / "s")


@contextlib.asynccontextmanager
async def app(agent: Agent) -> AsyncIterator[Link]:
    """The connecting side."""
    connected = await link.connect(agent.path, Role.UI, Role.AGENT, OWN_UID)
    try:
        yield connected
    finally:
        await connected.close()


@contextlib.asynccontextmanager
async def raw(agent: Agent, greeting: bytes) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Somebody who says `greeting` first, whatever it is."""
    reader, writer = await asyncio.open_unix_connection(agent.path)
    writer.write(greeting)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """What is said until the other side closes; it resets the connection where it leaves our words unread."""
    said = b""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while more := await reader.read(4096):
                said += more
    return said


def greeting(role: Role = Role.UI, version: int = CONTRACT_VERSION) -> bytes:
    return codec.encode(Greeting(role=role, version=version)) + b"\n"


async def test_messages_arrive_in_order(agent: Agent) -> None:
    """Typed on both sides, one line a message."""
    async with agent.listening(), app(agent) as connected:
        reports = [TouchReport(frames_per_second=float(n), reaction_ms_p95=1.0) for n in range(100)]
        for report in reports:
            connected.send(report)
        assert await agent.next() == "here"
        assert [await agent.next() for _ in reports] == reports
        assert connected.peer_pid == os.getpid()


async def test_the_end_of_a_process_is_news(agent: Agent) -> None:
    """Either side learns of the other's end at once."""
    async with agent.listening():
        async with app(agent) as connected:
            await agent.next()
        await asyncio.wait_for(agent.gone.wait(), 5)
        async with app(agent) as connected:
            await agent.next()
            await agent.links[-1].close()
            with pytest.raises(EOFError):
                await connected.receive(Greeting)


async def test_a_stranger_s_uid_is_refused(agent: Agent) -> None:
    """Who runs as somebody else gets no greeting and no state."""
    async with agent.listening(uid=OWN_UID + 1):
        async with raw(agent, greeting()) as (reader, _):
            assert await everything(reader) == b""
        assert agent.refusals.total == 1
        assert not agent.links


@pytest.mark.parametrize(
    "first",
    [
        greeting(version=CONTRACT_VERSION + 1),
        greeting(role=Role.MEDIA),
        b"GET / HTTP/1.1\r\n\r\n",
        b"{}\n",
        b"\xff\xfe\n",
        b"x" * (codec.MAX_MESSAGE_BYTES * 3) + b"\n",
    ],
    ids=["version", "role", "http", "empty", "bytes", "oversized"],
)
async def test_a_bad_greeting_is_refused(agent: Agent, first: bytes) -> None:
    """Another version, another role, or none at all: closed, counted, and the next one is let in."""
    async with agent.listening():
        async with raw(agent, first) as (reader, _):
            await everything(reader)
        assert agent.refusals.total == 1
        assert not agent.links
        async with app(agent):
            assert await agent.next() == "here"


async def test_another_version_is_told_to_the_connecting_side(agent: Agent) -> None:
    """It does not try for ever, but ends with the reason."""

    async def other_version(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting(Role.AGENT, CONTRACT_VERSION + 1))
        await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(other_version, agent.path)
    async with server:
        with pytest.raises(LinkError) as refused:
            await link.connect(agent.path, Role.UI, Role.AGENT, OWN_UID)
        assert refused.value.reason is Reason.VERSION_MISMATCH


@pytest.mark.parametrize(
    "line",
    [
        b"no JSON\n",
        b'{"type":"Explode"}\n',
        b'{"type":"OpenDoor","call":7}\n',
        b"\xff\n",
        b"[" * 10_000 + b"\n",
        b" " * (codec.MAX_MESSAGE_BYTES + 10) + b"\n",
        b"x" * (codec.MAX_MESSAGE_BYTES * 4) + b"\n",
    ],
    ids=["text", "tag", "type", "utf-8", "deep", "blank", "oversized"],
)
async def test_a_bad_line_is_skipped_and_counted(agent: Agent, line: bytes) -> None:
    """The link holds, and what comes after is understood."""
    async with agent.listening(), raw(agent, greeting()) as (_, writer):
        assert await agent.next() == "here"
        writer.write(line + codec.encode(HELP) + b"\n")
        assert await agent.next() == HELP
        assert agent.refusals.counts == {"link ui": 1}


async def test_the_same_refusal_is_logged_once(agent: Agent, caplog: pytest.LogCaptureFixture) -> None:
    """Counted every time; a flood of nonsense does not fill the journal."""
    async with agent.listening(), raw(agent, greeting()) as (_, writer):
        writer.write(b"nonsense\n" * 500 + codec.encode(HELP) + b"\n")
        await agent.next()
        assert await agent.next() == HELP
        assert agent.refusals.total == 500
        assert len([record for record in caplog.records if "refused" in record.message]) == 1


async def test_half_a_line_at_the_end_is_no_message(agent: Agent) -> None:
    """A process that dies while it writes has not said it."""
    async with agent.listening():
        async with raw(agent, greeting()) as (_, writer):
            await agent.next()
            writer.write(codec.encode(HELP))
        await asyncio.wait_for(agent.gone.wait(), 5)
        assert agent.heard.empty()


async def test_a_peer_that_does_not_read_is_dropped(agent: Agent) -> None:
    """It must not fill our memory; a healthy one beside it goes on."""
    async with agent.listening(), raw(agent, greeting()) as (reader, writer):
        await agent.next()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        hanging = agent.links[0]
        async with app(agent) as healthy:
            await agent.next()
            async with asyncio.timeout(10):
                while not agent.gone.is_set():
                    hanging.send(TouchReport(frames_per_second=1.0, reaction_ms_p95=1.0))
                    await asyncio.sleep(0)
            healthy.send(HELP)
            assert await agent.next() == HELP
        assert reader is not None


async def test_the_connecting_side_waits_for_a_process_that_is_away(agent: Agent) -> None:
    """It tries without end, so the order in which processes start does not matter."""
    early = asyncio.create_task(link.connect(agent.path, Role.UI, Role.AGENT, OWN_UID))
    await asyncio.sleep(0)
    async with agent.listening():
        connected = await asyncio.wait_for(early, 5)
        assert await agent.next() == "here"
        await connected.close()


async def test_two_of_a_kind_may_overlap(agent: Agent) -> None:
    """A restarted app is there before the old one's end was noticed."""
    async with agent.listening(), app(agent) as old, app(agent) as new:
        old.send(HELP)
        new.send(HELP)
        heard = [await agent.next() for _ in range(4)]
        assert heard.count(HELP) == 2
        assert len(agent.links) == 2


async def test_a_socket_of_systemd_is_used_as_it_is(agent: Agent) -> None:
    """Opened before us, by somebody who owns path, group and mode."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.bind(str(agent.path))
        opened.listen()
        async with link.listen(opened, Role.AGENT, Role.UI, OWN_UID, agent.serve):
            async with app(agent):
                assert await agent.next() == "here"


def test_a_user_is_a_name_a_number_or_oneself() -> None:
    """As in the configuration."""
    assert (link.uid_of(""), link.uid_of("root"), link.uid_of("42")) == (OWN_UID, 0, 42)
    with pytest.raises(LinkError, match="no user 'nobody-of-that-name'"):
        link.uid_of("nobody-of-that-name")
