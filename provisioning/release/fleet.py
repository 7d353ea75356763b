"""What all terminals run, as they say on MQTT (`state/update`, retained)."""

from collections import Counter

from kiosk.contract import codec, topics
from kiosk.contract.errors import MalformedError
from kiosk.contract.mqtt import Alert, UpdateState
from provisioning.central.configuration import Central
from provisioning.central.messages import Connection, connected
from provisioning.outcome import Done, Table
from provisioning.release import rings

COLUMNS = ("terminal", "ring", "version", "serial", "phase", "offered", "cause")


def states_of(broker: Connection) -> tuple[dict[str, UpdateState], tuple[MalformedError, ...]]:
    """By terminal; and what is no such state, lest one terminal hides all others. Raises BrokerError."""
    states: dict[str, UpdateState] = {}
    refused: list[MalformedError] = []
    for topic, payload in broker.retained(topics.terminal("+", "state", "update")).items():
        try:
            states[topics.split(topic)[1]] = codec.decode(payload, UpdateState, topic)
        except MalformedError as error:
            refused.append(error)
    return states, tuple(refused)


def status(central: Central) -> Done:
    """A row a terminal, and how many run which release.

    Raises:
        BrokerError: it cannot be reached.
    """
    with connected(central) as broker:
        states, refused = states_of(broker)
        alert: Alert | None = broker.read(topics.ROLLOUT_ALERT, Alert)
    rows = tuple(
        (
            name,
            str(rings.ring_of(name)),
            state.version,
            str(state.serial),
            state.phase,
            str(state.offered or ""),
            state.cause,
        )
        for name, state in sorted(states.items())
    )
    running = Counter(state.serial for state in states.values())
    troubled = Counter(state.cause for state in states.values() if state.cause)
    lines = [f"release {serial}: {count} of {len(states)}" for serial, count in running.most_common()]
    lines += [f"trouble: {count} × {cause}" for cause, count in troubled.most_common()]
    lines += [f"halted by itself: {alert.text}"] if alert else []
    terminals = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    facts = {"terminals": terminals, "running": {str(serial): count for serial, count in running.items()}}
    return Done(tuple(lines), refused, table=Table(COLUMNS, rows), facts=facts)
