"""What the central monitor sees of the state: `status`, `state/*`, alerts. Publishes what changed, and nothing else."""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec.structs import replace

from device import clock
from device.alerts import Alerts
from kiosk.consultation import call_state, condition, display_state, privacy_state, room_plan, session_state
from kiosk.consultation.self_test import self_test_state
from kiosk.contract import rules, wiring
from kiosk.contract.mqtt import Clock, Condition, HardwareState, PartState
from kiosk.contract.state import State


class Broker(Protocol):
    """What is needed of `device.broker.client.Client`; topics are below the terminal."""

    @property
    def is_duplicate(self) -> bool:
        """Somebody else uses our name."""

    def keep(self, topic: str, message: object | None) -> None:
        """Retained."""

    def set_condition(self, condition: Condition) -> None:
        """For `status`."""


class Monitor:
    """A viewer of the hub."""

    def __init__(
        self, broker: Broker, room: wiring.Room, parts: Callable[[], dict[str, PartState]] = dict[str, PartState]
    ) -> None:
        """`parts`: what the wires say of each part of the room."""
        self._broker = broker
        self._room = room
        self._parts = parts
        self._alerts = Alerts()
        self._published: dict[str, Any] = {}

    def keep(self, topic: str, report: Any) -> None:
        """Retained `report`, which has `time` and `clock`; that it was asked for later is no change."""
        bare = replace(report, time=clock.BEGINNING, clock=Clock.NTP)
        if bare != self._published.get(topic):
            self._published[topic] = bare
            self._broker.keep(topic, report)

    def show(self, state: State) -> None:
        trust = clock.trust()
        self._broker.set_condition(condition(state))
        self.keep("state/session", session_state(state, trust))
        self.keep("state/privacy", privacy_state(state, trust))
        self.keep("state/call", call_state(state, trust))
        self.keep("state/hardware", self._hardware(state, trust))
        self.keep("state/display", display_state(state, trust))
        self.keep("state/self-test", self_test_state(state, trust))
        for name, alert in self._alerts.changes(state, self._broker.is_duplicate):
            self._broker.keep(f"alert/{name}", alert)

    def _hardware(self, state: State, trust: Clock) -> HardwareState:
        situations = room_plan(state).situations
        buttons = self._room.of(wiring.HelpButton).keys()
        return HardwareState(
            time=state.now,
            clock=trust,
            door_sign=rules.word(self._room.rules, situations, "door-sign"),
            ceiling_light=rules.word(self._room.rules, situations, "light") != rules.OFF,
            help_button="ok" if buttons - set(state.hardware_faults) else "missing",
            faults=tuple(sorted(state.hardware_faults)),
            pin_factory=self._room.pin_factory.value,
            shutter=state.room.shutter.value,
            is_mute_switch_on=state.room.is_mute_switch_on,
            is_occupied=state.room.is_occupied,
            is_door_open=state.room.is_door_open,
            is_headset_in=state.room.is_headset_in,
            parts=self._parts(),
        )
