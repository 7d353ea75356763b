"""What enrolment says of itself at every turn, for eyes (`screens_gallery`) and for the tests of the screens."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.contract.enrolment import Fault, Status, Step
from kiosk.contract.state import Sheet, State
from kiosk.ui.present import Setting, View, present_first_start
from provisioning.enrolment.faults import FaultError
from provisioning.enrolment.status import Board
from tests.unit.ui.visits import at

NOW = at("10:12")
_SERVER = "https://enrolment.rathaus-mittelfranken.example.org:8444"
_CODE = "W7QM-3MZW-T2WA"
_BEGUN = Status(at=NOW, terminal="rathaus.zimmer-2", server=_SERVER)
_WAITING = replace(
    _BEGUN, step=Step.WAITING_FOR_YES, code=_CODE, qr=Board.QR.format(code=_CODE), terminal="mittelfranken.beratung-214"
)
_SEEN = f"{_SERVER}: certificate verify failed: unable to get local issuer certificate"

STATUSES: dict[str, Status] = {
    "finding": replace(_BEGUN, step=Step.FINDING_SERVER),
    "asking": replace(_BEGUN, step=Step.ASKING),
    "done": replace(_BEGUN, step=Step.DONE),
    "code": _WAITING,
    **{
        fault.value: replace(_BEGUN, fault=fault, seen=_SEEN, retry_s=40.0 if FaultError(fault).is_passing else 0.0)
        for fault in Fault
    },
    Fault.TICKET_STAYS.value: replace(_BEGUN, step=Step.DONE, fault=Fault.TICKET_STAYS, seen=_SEEN),
}


def first_starts(setting: Setting, language: str, **look: object) -> dict[str, View]:
    """As they are presented a moment later; and the sheet with the languages."""
    state = replace(State(now=NOW, language=language, house_language="de"), **look)
    views = {
        name: present_first_start(status, state, setting, NOW + timedelta(seconds=9))
        for name, status in STATUSES.items()
    }
    corner = replace(state, sheet=Sheet.CORNER)
    return {**views, "corner": present_first_start(_WAITING, corner, setting, NOW)}
