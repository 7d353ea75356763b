"""Start-up and teardown of the device agent: joins the parts, and takes them down in reverse order.

Which part does what is said in its own module; no rule of the consultation is decided here.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Coroutine
from typing import Any
from zoneinfo import ZoneInfo

from device import clock, health
from device.backbone import Backbone
from device.broker.answers import Answers
from device.broker.client import Client
from device.broker.commands import Commands
from device.display import habits
from device.display.display import Display
from device.display.orders import Orders
from device.documents import Documents
from device.from_partners import FromPartners
from device.hands import Hands
from device.health import Health
from device.health.tree import Tree
from device.health.trend import Growth
from device.health.watch import Reader, Watch
from device.inbox import Inbox
from device.monitor import Monitor
from device.pin import Pin
from device.remote import Remote
from device.renewal import Renewals
from device.rounds import Rounds
from device.seals import Seals
from device.self_test import Conductor
from device.self_test.checks import Checks
from device.signals import Signals
from device.to_partners import ToPartners
from device.update import Updates
from kiosk.consultation import commands, events
from kiosk.contract.errors import MalformedError
from kiosk.contract.health import Program
from kiosk.contract.links import IceServers, MediaServers
from kiosk.contract.state import Sheet
from kiosk.runtime import janus, network, service
from kiosk.runtime.life import Life

_logger = logging.getLogger(__name__)

_TICK_WITHIN_S, _BROKER_WITHIN_S = 10.0, 60.0
"""Signs of life, see `Life`: the tick, once a second, goes through all rules and everything that shows the state."""
_MEND_S = 30.0
"""How often a wire that does not answer is tried again."""


class Agent:
    """Everything the agent is made of, joined; `run` brings it to life."""

    def __init__(self, backbone: Backbone, life: Life) -> None:
        configuration, store, refusals = backbone.configuration, backbone.store, backbone.refusals
        paths, terminal, wiring = configuration.paths, configuration.terminal, configuration.room
        self._configuration, self._backbone, self._refusals = configuration, backbone, refusals
        self._hub, self._state = hub, state = backbone.hub, backbone.state
        self._ticking = life.pulse("tick", _BROKER_WITHIN_S)
        self._media = media = backbone.media
        self._client = Client(
            configuration.mqtt,
            terminal.name,
            store,
            backbone.spool,
            refusals,
            lambda arrival: self._inbox.take(arrival),
            self._hear,
            paths.runtime_directory,
            life.pulse("broker", _BROKER_WITHIN_S),
        )
        self._monitor = Monitor(self._client, wiring, lambda: backbone.room.states)
        self._documents = Documents(
            paths.state_directory, hub.dispatch, lambda report: self._monitor.keep("state/config", report)
        )
        self._seals = Seals()
        self._pin = Pin(configuration.staff.pin_credential)
        self._to_partners = ToPartners(
            state,
            self._client,
            self._seals,
            terminal.room,
            configuration.media.is_relay_only,
            configuration.help.desks,
        )
        tls = janus.trust(configuration.mqtt.ca_file)
        self._rounds = Rounds(state, hub.dispatch, paths.state_directory / "rounds.json", refusals, tls)
        self._signals = Signals(state, media.send, self._to_partners.say_sealed)
        self._display = Display(terminal, configuration.display, paths.state_directory, hub.dispatch, refusals)
        self._checks = Checks(state, backbone.room, self._client, media.send, configuration.media, tls)
        self._conductor = Conductor(
            configuration.self_test, ZoneInfo(terminal.time_zone), state, hub.dispatch, self._checks
        )
        hands = Hands(hub.dispatch)
        remote = Remote(backbone.room, hub.dispatch, state, configuration.help.staff, self._conductor, hands)
        self._updates = Updates(
            configuration.update, paths.state_directory, backbone.apps, self._record, self._monitor.keep
        )
        self._renewals = Renewals(configuration.mqtt, paths.runtime_directory, lambda: self._watch.due.set())
        handlers = {**remote.handlers, **Orders(state, hub.dispatch, hands).handlers}
        handlers |= {**self._updates.handlers, **self._renewals.handlers}
        self._commands = Commands(terminal.name, handlers, Answers(store), self._client.answer, refusals)
        from_partners = FromPartners(state, hub.dispatch, self._seals, self._signals, configuration.help.desks)
        self._inbox = Inbox(
            self._documents,
            self._commands,
            from_partners,
            hub.dispatch,
            self._use_relays,
            self._use_media_servers,
            refusals,
        )
        reader = Reader(configuration, Tree(), backbone.pids)
        self._watch = Watch(
            configuration, reader, self._client, state, hub.dispatch, self._monitor.keep, self._start_anew
        )
        self._health = Health(state, self._client, self._client.spool, backbone.apps, refusals, self._watch)
        self._client.keep("info", health.info(tuple(handlers)))
        self._join_hub()
        media.on_examined = self._checks.take
        media.join(self._signals)

    def _join_hub(self) -> None:
        hub = self._hub
        hub.do_with(commands.TellDesk, self._to_partners.tell)
        hub.do_with(commands.SendRung, self._to_partners.ring)
        hub.do_with(commands.SendView, self._to_partners.send_view)
        hub.do_with(commands.Restart, lambda command: self._restart(command.program))
        hub.do_with(commands.Refuse, self._refuse)
        hub.do_with(commands.CheckPin, lambda command: hub.dispatch(self._pin.check(command)))
        hub.do_with(commands.ReadScheduleAgain, lambda _: self._documents.schedule_again())
        hub.do_with(commands.Wipe, lambda _: self._wipe())
        hub.show_to(self._monitor.show)
        hub.show_to(self._to_partners.invite)
        hub.show_to(self._to_partners.call_help)
        hub.show_to(self._documents.flush)
        hub.show_to(self._rounds.show)
        hub.show_to(self._display.show)
        hub.show_to(self._conductor.show)
        hub.show_to(self._updates.show)
        hub.show_to(self._watch.show)

    async def run(self) -> None:
        """Until it is cancelled, or a part fails."""
        self._documents.load()
        self._hub.dispatch(events.StaffChosen(has_page=self._pin.is_known))
        self._hub.dispatch(events.HabitsChosen(habits=habits(self._configuration.display)))
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._client.renew)
        for name, task in self._tasks().items():
            self._backbone.group.create_task(_for_ever(name, task), name=name)
        service.settle()
        service.ready()
        await asyncio.Event().wait()

    def _tasks(self) -> dict[str, Coroutine[Any, Any, None]]:
        return {
            "tick": self._tick(),
            "mend": self._mend(),
            "broker": self._client.run(),
            "commands": self._commands.run(),
            "rounds": self._rounds.run(),
            "display": self._display.run(),
            "network": network.watch(self._client.wake),
            "health": self._watch.run(),
            "self-test": self._conductor.run(),
            "telemetry-system": self._health.tell_system(),
            "telemetry-call": self._health.tell_call(),
        }

    async def _tick(self) -> None:
        """Once a second, at the turn of the second."""
        while True:
            await asyncio.sleep(1.005 - time.time() % 1)
            self._hub.dispatch(events.Tick())
            self._updates.look(self._hub.state)
            self._renewals.look()
            if self._state().sheet is Sheet.STAFF:
                self._hub.dispatch(events.LinesRead(lines=self._backbone.room.lines))
            self._ticking.beat(_TICK_WITHIN_S)

    async def _mend(self) -> None:
        while True:
            await asyncio.sleep(_MEND_S)
            self._backbone.room.mend()

    def _hear(self, is_here: bool) -> None:
        """The broker came or went."""
        if is_here:
            self._watch.due.set()
            self._health.due.set()
        self._hub.dispatch(events.BrokerCame() if is_here else events.BrokerWent())

    def _start_anew(self, growth: Growth) -> None:
        """The event is written before anything ends."""
        data: dict[str, str | int | float | bool] = {"process": growth.process, "reason": "memory-grows"}
        data |= {"memory_mb": growth.memory_mb, "growth_mb_h": growth.growth_mb_h}
        self._record("started-anew", data)
        self._restart(growth.process)

    def _restart(self, program: str) -> None:
        starts = {Program.MEDIA: self._media.start_anew, Program.UI: self._backbone.apps.start_anew}
        starts.get(Program(program), service.leave)()

    def _record(self, kind: str, data: dict[str, str | int | float | bool]) -> None:
        self._client.spool.append(kind, data, clock.now(), clock.trust())

    def _use_relays(self, relays: IceServers) -> None:
        self._to_partners.ice_servers = relays.servers
        self._checks.relays = relays.servers
        self._media.use_relays(relays)

    def _use_media_servers(self, servers: MediaServers) -> None:
        self._checks.media_servers = servers.servers
        self._rounds.use(servers)

    def _refuse(self, command: commands.Refuse) -> None:
        """Counted by what it is, not by which desk it was."""
        source = command.source.partition(" ")[0]
        self._refusals.note(MalformedError(source, command.detail, command.reason))
        self._documents.note_refusal(command)

    def _wipe(self) -> None:
        self._seals.forget()
        self._signals.forget()
        self._backbone.memory.wipe()


async def run(backbone: Backbone, life: Life) -> None:
    """The life of the agent."""
    await Agent(backbone, life).run()


async def _for_ever(name: str, task: Coroutine[Any, Any, None]) -> None:
    """A task that ends unasked ends the process; a group does not mind one that cancelled itself."""
    try:
        await task
    except asyncio.CancelledError:
        this = asyncio.current_task()
        if this and this.cancelling():
            raise
    raise RuntimeError(f"the task {name} has ended")
