"""Start-up and teardown of the device agent: joins the parts, and takes them down in reverse order.

Which part does what is said in its own module; no rule of the consultation is decided here.
"""

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from device import clock, health
from device.broker.answers import Answers
from device.broker.client import Client
from device.broker.commands import Commands
from device.broker.store import Store
from device.documents import Documents
from device.from_partners import FromPartners
from device.health import Health
from device.hub import Hub
from device.inbox import Inbox
from device.links import Apps, Media
from device.memory import Memory
from device.monitor import Monitor
from device.remote import Remote
from device.room.bench import Bench
from device.room.pins import BenchFactory
from device.room.wires import Room
from device.rounds import Rounds
from device.seals import Seals
from device.signals import Signals
from device.to_partners import ToPartners
from kiosk.consultation import commands, events, room_plan
from kiosk.contract.configuration import Configuration
from kiosk.contract.errors import ConfigurationError, LinkError, MalformedError
from kiosk.contract.links import Chime, IceServers, Role
from kiosk.contract.state import State
from kiosk.runtime import janus, link, network, service
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_MEND_S = 30.0
"""How often a wire that does not answer is tried again."""


class Agent:
    """Everything the agent is made of, joined; `run` brings it to life."""

    def __init__(self, configuration: Configuration, store: Store, refusals: Refusals) -> None:
        self._configuration = configuration
        self._refusals = refusals
        paths, terminal, wiring = configuration.paths, configuration.terminal, configuration.room
        self._memory = Memory(paths.runtime_directory)
        self._hub = hub = Hub(self._memory, terminal.language)
        self._room = Room(wiring, lambda: hub.dispatch(events.HelpPressed()), self._note_fault)
        self._client = Client(
            configuration.mqtt, terminal.name, store, refusals, lambda arrival: self._inbox.take(arrival), self._hear
        )
        self._monitor = Monitor(self._client, wiring.pin_factory, has_help_button=wiring.help_button is not None)
        self._documents = Documents(
            paths.state_directory, hub.dispatch, lambda report: self._monitor.keep("state/config", report)
        )
        self._seals = Seals()
        self._apps = Apps(self._state, hub.dispatch)
        self._media = Media(self._state, hub.dispatch, paths.runtime_directory, refusals)
        self._to_partners = ToPartners(
            self._state, self._client, self._seals, terminal.room, configuration.media.is_relay_only
        )
        tls = janus.trust(configuration.mqtt.ca_file)
        self._rounds = Rounds(self._state, hub.dispatch, paths.state_directory / "rounds.json", refusals, tls)
        self._signals = Signals(self._state, self._media.send, self._to_partners.say_sealed)
        self._media.signals = self._signals
        remote = Remote(self._room, hub.dispatch)
        self._commands = Commands(terminal.name, remote.handlers, Answers(store), self._client.answer, refusals)
        from_partners = FromPartners(self._state, hub.dispatch, self._seals, self._signals)
        self._inbox = Inbox(
            self._documents, self._commands, from_partners, hub.dispatch, self._use_relays, self._rounds.use, refusals
        )
        self._health = Health(self._state, self._client, self._client.spool, self._apps, refusals)
        self._client.keep("info", health.info(tuple(remote.handlers)))
        self._join_hub()

    def _join_hub(self) -> None:
        hub = self._hub
        hub.do_with(commands.EmitEvent, self._record)
        hub.do_with(commands.TellDesk, self._to_partners.tell)
        hub.do_with(commands.SendRung, self._to_partners.ring)
        hub.do_with(commands.SendView, self._to_partners.send_view)
        hub.do_with(commands.PlaySound, lambda command: self._media.send(Chime(sound=command.sound)))
        hub.do_with(commands.Refuse, self._refuse)
        hub.do_with(commands.ReadScheduleAgain, lambda _: self._documents.schedule_again())
        hub.do_with(commands.Wipe, lambda _: self._wipe())
        hub.show_to(self._apps.show)
        hub.show_to(self._media.show)
        hub.show_to(lambda state: self._room.show(room_plan(state)))
        hub.show_to(self._monitor.show)
        hub.show_to(self._to_partners.invite)
        hub.show_to(self._documents.flush)
        hub.show_to(self._rounds.show)

    async def run(self) -> None:
        """Until it is cancelled, or a part fails."""
        links = self._configuration.links
        uids = {Role.UI: _uid_of(links.ui_user), Role.MEDIA: _uid_of(links.media_user)}
        sockets = service.listen_sockets()
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(self._room)
            await self._open_bench(stack)
            self._documents.load()
            self._hub.dispatch(events.EngineChosen(engine=self._configuration.media.engine))
            group = await stack.enter_async_context(asyncio.TaskGroup())
            serving: tuple[tuple[Role, Path, Callable[[link.Link], Coroutine[Any, Any, None]]], ...] = (
                (Role.UI, links.ui_socket, self._apps.serve),
                (Role.MEDIA, links.media_socket, self._media.serve),
            )
            for role, path, serve in serving:
                # A link is served within the group, so that a fault of ours there ends the process as well.
                listening = link.listen(
                    sockets.get(role.value, path),
                    Role.AGENT,
                    role,
                    uids[role],
                    functools.partial(_within, group, serve),
                    self._refusals,
                )
                await stack.enter_async_context(listening)
            for name, task in self._tasks().items():
                group.create_task(_for_ever(name, task), name=name)
            service.notify("READY=1")
            await asyncio.Event().wait()

    def _tasks(self) -> dict[str, Coroutine[Any, Any, None]]:
        return {
            "tick": self._tick(),
            "mend": self._mend(),
            "broker": self._client.run(),
            "commands": self._commands.run(),
            "rounds": self._rounds.run(),
            "network": network.watch(self._client.wake),
            "telemetry-system": self._health.tell_system(),
            "telemetry-call": self._health.tell_call(),
        }

    async def _open_bench(self, stack: contextlib.AsyncExitStack) -> None:
        wiring = self._configuration.room
        if wiring.bench_socket and isinstance(self._room.factory, BenchFactory):
            await stack.enter_async_context(Bench(wiring, self._room.factory).listen(wiring.bench_socket))

    async def _tick(self) -> None:
        """Once a second, at the turn of the second."""
        while True:
            await asyncio.sleep(1.005 - time.time() % 1)
            self._hub.dispatch(events.Tick())

    async def _mend(self) -> None:
        while True:
            await asyncio.sleep(_MEND_S)
            self._room.mend()

    def _state(self) -> State:
        return self._hub.state

    def _hear(self, is_here: bool) -> None:
        """The broker came or went."""
        if is_here:
            self._health.due.set()
        self._hub.dispatch(events.BrokerCame() if is_here else events.BrokerWent())

    def _note_fault(self, part: str, is_faulty: bool) -> None:
        self._hub.dispatch(events.HardwareFault(part=part, is_faulty=is_faulty))

    def _use_relays(self, relays: IceServers) -> None:
        self._to_partners.ice_servers = relays.servers
        self._media.use_relays(relays)

    def _record(self, command: commands.EmitEvent) -> None:
        self._client.spool.append(command.type, command.data, clock.now(), clock.trust())

    def _refuse(self, command: commands.Refuse) -> None:
        """Counted by what it is, not by which desk it was."""
        source = command.source.partition(" ")[0]
        self._refusals.note(MalformedError(source, command.detail, command.reason))
        self._documents.note_refusal(command)

    def _wipe(self) -> None:
        self._seals.forget()
        self._signals.forget()
        self._memory.wipe()


async def run(configuration: Configuration) -> None:
    """The life of the agent.

    Raises:
        ConfigurationError: a user the configuration names does not exist.
    """
    refusals = Refusals(_logger)
    with Store(configuration.paths.state_directory / "spool.sqlite", refusals) as store:
        await Agent(configuration, store, refusals).run()


async def _within(
    group: asyncio.TaskGroup, serve: Callable[[link.Link], Coroutine[Any, Any, None]], peer: link.Link
) -> None:
    await group.create_task(serve(peer), name=f"link-{peer.name}")


async def _for_ever(name: str, task: Coroutine[Any, Any, None]) -> None:
    """A task that ends unasked ends the process; a group does not mind one that cancelled itself."""
    try:
        await task
    except asyncio.CancelledError:
        this = asyncio.current_task()
        if this and this.cancelling():
            raise
    raise RuntimeError(f"the task {name} has ended")


def _uid_of(user: str) -> int:
    try:
        return link.uid_of(user)
    except LinkError as error:
        raise ConfigurationError(error.detail) from None
