"""What the central monitor sees of the state: `status`, `state/*`, alerts. Publishes what changed, and nothing else."""

from typing import Any, Protocol

from msgspec.structs import replace

from device import clock
from device.alerts import Alerts
from kiosk.consultation import call_state, condition, room_plan, session_state
from kiosk.contract.configuration import PinFactory
from kiosk.contract.mqtt import Clock, Condition, HardwareState
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

    def __init__(self, broker: Broker, pin_factory: PinFactory, has_help_button: bool) -> None:
        """`has_help_button`: whether one is wired at all."""
        self._broker = broker
        self._pin_factory = pin_factory
        self._has_help_button = has_help_button
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
        self.keep("state/call", call_state(state, trust))
        self.keep("state/hardware", self._hardware(state, trust))
        for name, alert in self._alerts.changes(state, self._broker.is_duplicate):
            self._broker.keep(f"alert/{name}", alert)

    def _hardware(self, state: State, trust: Clock) -> HardwareState:
        plan = room_plan(state)
        has_button = self._has_help_button and "help-button" not in state.hardware_faults
        return HardwareState(
            time=state.now,
            clock=trust,
            door_sign=plan.sign.value,
            ceiling_light=plan.ceiling_light,
            help_button="ok" if has_button else "missing",
            faults=tuple(sorted(state.hardware_faults)),
            pin_factory=self._pin_factory.value,
        )
