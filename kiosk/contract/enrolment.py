"""How far a terminal is on the way to its certificate, and why it does not go on: the file that its screen reads.

Written by `provision enrol` on tmpfs, for everybody on the terminal; nothing secret goes in.
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

FILE = Path("/run/rundtisch/enrolment.json")


class Fault(StrEnum):
    """Why a terminal gets no certificate. Its value also crosses the wire, from the enrolment server."""

    TICKET_DAMAGED = "ticket-damaged"
    CLOCK_WRONG = "clock-wrong"
    NO_NETWORK = "no-network"
    NAME_UNKNOWN = "name-unknown"
    PROXY_MISSING = "proxy-missing"
    UNREACHABLE = "unreachable"
    NOT_THE_SERVER = "not-the-server"
    SIGN_IN_PAGE = "sign-in-page"
    FINGERPRINT_WRONG = "fingerprint-wrong"
    MAN_IN_THE_MIDDLE = "man-in-the-middle"
    SERVER_NAME_WRONG = "server-name-wrong"
    SERVER_EXPIRED = "server-expired"
    TOKEN_WRONG = "token-wrong"
    TOKEN_USED = "token-used"
    TOKEN_EXPIRED = "token-expired"
    TERMINAL_WRONG = "terminal-wrong"
    TICKET_NEEDED = "ticket-needed"
    REQUEST_WRONG = "request-wrong"
    KEY_REUSED = "key-reused"
    REVOKED = "revoked"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    NO_YES_YET = "no-yes-yet"
    CODE_REFUSED = "code-refused"
    TOO_MANY = "too-many"
    SERVER_FAULT = "server-fault"
    ANSWER_WRONG = "answer-wrong"
    DISK = "disk"
    NOT_ENROLLED = "not-enrolled"
    TICKET_STAYS = "ticket-stays"


class Step(StrEnum):
    """How far it is."""

    BEGINNING = "beginning"
    FINDING_SERVER = "finding-server"
    MAKING_KEY = "making-key"
    ASKING = "asking"
    WAITING_FOR_YES = "waiting-for-yes"
    """Staff have to say yes to `code`."""
    STORING = "storing"
    DONE = "done"


class Status(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The file. The screen has its own words for `step` and `fault`; `text` and `advice` are English, for programs."""

    version: int = 1
    step: Step = Step.BEGINNING
    at: datetime
    text: str = ""
    terminal: str = ""
    """`{site}.{room}`, as far as it is known."""
    server: str = ""
    code: str = ""
    """`K7QF-3MZP-T2WA`, and `qr` what its QR code says."""
    qr: str = ""
    fault: Fault | None = None
    """What went wrong last, at `step`."""
    advice: str = ""
    seen: str = ""
    """What exactly was seen, for who mends it."""
    retry_s: float = 0.0
    """When it is tried again; 0 with a fault: people have to do something first."""
