"""The self-test: what is looked at, what came out, and what agent and media say to each other about it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct, field


class Check(StrEnum):
    """In the order in which they are made."""

    CAMERA = "camera"
    """A picture comes, is not dark, and moves."""
    SHUTTER = "shutter"
    """It opened for the camera, and shut again."""
    SOUND = "sound"
    """The loudspeaker plays a sound and the microphone hears it."""
    LAMPS = "lamps"
    TOUCH = "touch"
    BROKER = "broker"
    RELAY = "relay"
    """A TURN server gives us an address."""
    MEDIA_SERVER = "media-server"
    """A Janus answers."""
    CALL = "call"
    """Pictures and sound go out as in a call, and come back; through a relay where there is one."""
    CLOCK = "clock"
    SCHEDULE = "schedule"


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """There is nothing to test, or not in this way; the reason says which."""


class Trigger(StrEnum):
    """Why it runs."""

    MORNING = "morning"
    BOOKING = "booking"
    """Somebody will be here in a quarter of an hour or a little more."""
    STAFF = "staff"
    """Somebody stands before the screen and asked for it."""
    REMOTE = "remote"
    """Asked for from afar: camera, shutter and microphone stay shut."""


class CheckResult(Struct, frozen=True, kw_only=True):
    """One check."""

    check: Check
    verdict: Verdict
    reason: str = ""
    """A stable word: `dark`, `frozen`, `no-picture`, `not-heard`, `not-from-afar`, `none-configured`, a `Reason` …"""
    duration_ms: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    """What was measured; units are in the names."""


class SelfTestReport(Struct, frozen=True, kw_only=True):
    """One whole self-test."""

    trigger: Trigger
    began: datetime
    ended: datetime
    results: tuple[CheckResult, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(result for result in self.results if result.verdict is Verdict.FAILED)

    def of(self, check: Check) -> CheckResult | None:
        """The result of one check, None where it was not made."""
        return next((result for result in self.results if result.check is check), None)


class SelfTest(Struct, frozen=True, kw_only=True):
    """Part of the state: the test that runs, and what the last one found."""

    trigger: Trigger | None = None
    """None: none runs."""
    began: datetime | None = None
    step: Check | None = None
    """What is being looked at; camera and microphone are open for their own step only."""
    results: tuple[CheckResult, ...] = ()
    """So far."""
    last: SelfTestReport | None = None
    """The last one that came to its end; a camera that was not looked at from afar keeps its older result."""
    looked_at: datetime | None = None
    """When the last one began that was not from afar, and came to its end."""
    is_accepted: bool = False
    """This visitor knows what does not work, and goes on."""


class Examine(Struct, frozen=True, kw_only=True, tag="examine"):
    """Agent → media: look at the camera, play and hear, or call yourself. Devices are opened by the plan only."""

    number: int
    check: Check
    """`CAMERA`, `SOUND` or `CALL`."""


class Examined(Struct, frozen=True, kw_only=True, tag="examined"):
    """Media → agent: the answer. A plan that closes the device ends it with `interrupted`."""

    number: int
    result: CheckResult
