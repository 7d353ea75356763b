"""Where enrolment shows how far it is: the file that the touch app reads, and lines on the console for each change."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import segno

from kiosk.contract.enrolment import Status, Step
from provisioning import durable
from provisioning.enrolment import german
from provisioning.enrolment.faults import SENTENCES, FaultError

_READABLE = 0o644
_SOMEBODY = "SITE.ROOM"
_SENTENCES = {
    Step.BEGINNING: "This terminal is being enrolled.",
    Step.FINDING_SERVER: "Looking for the enrolment server: {server}",
    Step.MAKING_KEY: "Making a key.",
    Step.ASKING: "Asking for a certificate.",
    Step.WAITING_FOR_YES: "Waiting for staff: provision central enrolment approve {code} --terminal {name}",
    Step.STORING: "Storing the certificate.",
    Step.DONE: "This terminal is enrolled as {terminal}.",
}


class Board:
    """Where the status is shown."""

    QR = "rundtisch-enrol:{code}"
    """What the QR code of a code says."""

    def __init__(self, path: Path, say: Callable[[str], None] = lambda line: print(line, file=sys.stderr)) -> None:
        self._path = path
        self._say = say
        self._last: tuple[str, ...] = ()
        self.status = Status(at=datetime.now(UTC))

    def show(self, step: Step, *, terminal: str = "", server: str = "", code: str = "") -> None:
        """The next step; what was said of terminal and server stays."""
        terminal, server = terminal or self.status.terminal, server or self.status.server
        values = {"terminal": terminal, "server": server, "code": code, "name": terminal or _SOMEBODY}
        text = _SENTENCES[step].format(**values)
        qr = self.QR.format(code=code) if code else ""
        now = datetime.now(UTC)
        self._publish(Status(step=step, at=now, text=text, terminal=terminal, server=server, code=code, qr=qr))
        picture = (qr_code(qr), f"Code: {code}") if code else ()
        self._tell(*picture, german.STEPS[step].format(**values), text)

    def show_fault(self, error: FaultError, retry_s: float) -> None:
        """What went wrong; the step stays."""
        text, advice = SENTENCES[error.fault]
        now = datetime.now(UTC)
        status = msgspec.structs.replace(
            self.status, at=now, text=text, fault=error.fault, advice=advice, seen=error.seen, retry_s=retry_s
        )
        self._publish(status)
        self._tell(" ".join(german.FAULTS[error.fault]), error.detail)

    def _publish(self, status: Status) -> None:
        self.status = status
        try:
            durable.write(self._path, msgspec.json.encode(status) + b"\n", _READABLE)
        except OSError as error:
            self._tell(f"{self._path}: {error.strerror}")

    def _tell(self, *lines: str) -> None:
        """In German and in English; once, however often it is so."""
        if lines != self._last:
            self._last = lines
            for line in lines:
                self._say(line)


def qr_code(text: str) -> str:
    """For a console, two rows of the code in a line."""
    lines: list[str] = []
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(border=2)]
    for upper, lower in zip(rows[::2], [*rows[1::2], [0] * len(rows[0])], strict=False):
        # Light is drawn, dark is left: consoles are dark, and phones want dark on light.
        lines.append("".join(" ▄▀█"[2 * (not top) + (not bottom)] for top, bottom in zip(upper, lower, strict=True)))
    return "\n".join(lines)
