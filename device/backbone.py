"""What the room needs to live: the state of the consultation, the wires that show it, and both processes next door.

Stands within a fraction of a second after a crash. It must not import what belongs to the broker, to media servers or
to the network: all that takes several times as long, and comes in `device.agent`.
"""

import asyncio
import contextlib
import functools
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from device import clock
from device.broker.spool import Spool
from device.broker.store import Store
from device.hub import Hub
from device.links import Apps, Media
from device.memory import Memory
from device.room.bench import Bench
from device.room.mock import BenchFactory
from device.room.wires import Room
from kiosk.consultation import commands, events, room_plan
from kiosk.contract.configuration import Configuration
from kiosk.contract.errors import ConfigurationError, LinkError
from kiosk.contract.links import Chime, Role
from kiosk.contract.state import State
from kiosk.contract.wiring import HelpRelay
from kiosk.runtime import link, service
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Backbone:
    """Use `standing`. Commands for parts that are not there yet wait for them in the hub."""

    def __init__(self, configuration: Configuration, store: Store, refusals: Refusals) -> None:
        self.configuration, self.store, self.refusals = configuration, store, refusals
        self.group = asyncio.TaskGroup()
        """In which everything of the agent runs: a fault of ours in any part ends the process."""
        paths = configuration.paths
        self.memory = Memory(paths.runtime_directory)
        self.hub = hub = Hub(self.memory, configuration.terminal.language)
        self.spool = Spool(store)
        self.room = Room(configuration.room, hub.dispatch, diary=paths.state_directory / "silence.json")
        self.apps = Apps(self.state, hub.dispatch)
        self.media = Media(self.state, hub.dispatch, paths.runtime_directory, refusals)
        hub.do_with(commands.EmitEvent, self._record)
        hub.do_with(commands.PlaySound, lambda command: self.media.send(Chime(sound=command.sound)))
        hub.do_with(commands.StrikeKey, lambda command: self.apps.strike(command.key))
        hub.show_to(self.apps.show)
        hub.show_to(lambda state: self.room.show(room_plan(state)))
        hub.show_to(self.media.show)  # after the room: the LED is lit before anything may leave

    def state(self) -> State:
        return self.hub.state

    def pids(self) -> dict[str, int]:
        """Of the terminal's processes that run, ourselves included."""
        pids = {"device": os.getpid(), "media": self.media.pid, "ui": self.apps.pid}
        return {name: pid for name, pid in pids.items() if pid}

    async def open(self, stack: contextlib.AsyncExitStack) -> None:
        """The wires first, then who shows and hears them."""
        self.room.show(room_plan(self.state()))  # before its lines are opened: nothing flickers after a restart
        stack.enter_context(self.room)
        self.hub.dispatch(events.RoomReported(report=self.room.report))
        wiring = self.configuration.room
        if wiring.bench_socket and isinstance(self.room.factory, BenchFactory):
            await stack.enter_async_context(Bench(wiring, self.room.factory).listen(wiring.bench_socket))
        has_relay = bool(wiring.of(HelpRelay))
        self.hub.dispatch(events.EngineChosen(engine=self.configuration.media.engine, has_help_relay=has_relay))
        await stack.enter_async_context(self.group)
        await self._listen(stack)

    async def _listen(self, stack: contextlib.AsyncExitStack) -> None:
        links = self.configuration.links
        sockets = service.listen_sockets()
        serving: tuple[tuple[Role, Path, str, Callable[[link.Link], Coroutine[Any, Any, None]]], ...] = (
            (Role.UI, links.ui_socket, links.ui_user, self.apps.serve),
            (Role.MEDIA, links.media_socket, links.media_user, self.media.serve),
        )
        for role, path, user, serve in serving:
            # A link is served within the group, so that a fault of ours there ends the process as well.
            within = functools.partial(_within, self.group, serve)
            listening = link.listen(
                sockets.get(role.value, path), Role.AGENT, role, _uid_of(user), within, self.refusals
            )
            await stack.enter_async_context(listening)

    def _record(self, command: commands.EmitEvent) -> None:
        self.spool.append(command.type, command.data, clock.now(), clock.trust())


@contextlib.asynccontextmanager
async def standing(configuration: Configuration) -> AsyncIterator[Backbone]:
    """Up while the context is open; then everything in reverse, the wires safe last.

    Raises:
        ConfigurationError: a user the configuration names does not exist.
    """
    refusals = Refusals(_logger)
    with Store(configuration.paths.state_directory / "spool.sqlite", refusals) as store:
        backbone = Backbone(configuration, store, refusals)
        async with contextlib.AsyncExitStack() as stack:
            await backbone.open(stack)
            yield backbone


async def _within(
    group: asyncio.TaskGroup, serve: Callable[[link.Link], Coroutine[Any, Any, None]], peer: link.Link
) -> None:
    await group.create_task(serve(peer), name=f"link-{peer.name}")


def _uid_of(user: str) -> int:
    try:
        return link.uid_of(user)
    except LinkError as error:
        raise ConfigurationError(error.detail) from None
