"""How the machine does, in parts: what the agent measured, and how good that is. Knows no file and no unit of a bus."""

from enum import StrEnum

from msgspec import Struct, field


class Part(StrEnum):
    """What is looked at. The name of its alert is `health-{part}`."""

    TEMPERATURE = "temperature"
    POWER = "power"
    """Voltage, and whether the processor is slowed down."""
    PROCESSOR = "processor"
    MEMORY = "memory"
    PRESSURE = "pressure"
    """How long work waits for processor, memory or disk."""
    STORAGE = "storage"
    """Free space."""
    WEAR = "wear"
    """How much of the card's or chip's life is used up."""
    CLOCK = "clock"
    NETWORK = "network"
    """Link, address, gateway."""
    BROKER = "broker"
    """The way to it: round trip and what is lost."""
    CAMERA = "camera"
    SOUND = "sound"
    TOUCH = "touch"
    WIRES = "wires"
    PROCESSES = "processes"
    """How often one of the three ended and came back."""
    CERTIFICATE = "certificate"
    """The terminal's own: how long it is good, and whether it gets renewed."""


class Program(StrEnum):
    """The terminal's processes, by the names they have in `telemetry` and events."""

    UI = "ui"
    MEDIA = "media"
    DEVICE = "device"


class Grade(StrEnum):
    """How good it is; the worse, the later."""

    UNKNOWN = "unknown"
    """There is nothing to read, or what is read makes no sense."""
    GOOD = "good"
    WARNING = "warning"
    """Somebody should look at it these days."""
    CRITICAL = "critical"
    """It stops the work, or soon will."""


class Finding(Struct, frozen=True, kw_only=True):
    """One part at one moment."""

    part: Part
    grade: Grade
    reason: str = ""
    """A stable word for what is wrong: `hot`, `voltage-low`, `was-voltage-low`, `link-down`; empty where all is
    well."""
    detail: str = ""
    """Why it is so, where somebody else has said; a stable word too."""
    figures: dict[str, float] = field(default_factory=dict)
    """What was measured, rounded: units are in the names."""


class Address(Struct, frozen=True, kw_only=True):
    """Under which the machine is reached."""

    interface: str
    address: str


class HealthReport(Struct, frozen=True, kw_only=True):
    """All parts that this machine has, in the order of `Part`."""

    findings: tuple[Finding, ...] = ()
    addresses: tuple[Address, ...] = ()

    def of(self, part: Part) -> Finding | None:
        """The finding of one part, None where it was not looked at."""
        return next((finding for finding in self.findings if finding.part is part), None)
