"""Why a terminal gets no certificate, each with the sentence that staff read and what they can do about it.

Spoken by both sides: the enrolment server sends the name of a fault, the terminal shows its sentence.
"""

from kiosk.contract.enrolment import Fault
from kiosk.contract.errors import EnrolmentError

__all__ = ["SENTENCES", "Fault", "FaultError"]

_NEW_TICKET = "Draw a new ticket (provision central enrolment token new) and write it to the card."
SENTENCES: dict[Fault, tuple[str, str]] = {
    Fault.TICKET_DAMAGED: ("The ticket on the card cannot be read.", _NEW_TICKET),
    Fault.CLOCK_WRONG: (
        "The clock of this terminal is wrong.",
        "Nothing to do if a time server (NTP) can be reached: it is tried again. Else allow NTP, or set the clock.",
    ),
    Fault.NO_NETWORK: (
        "There is no network.",
        "Check cable, switch port, VLAN and DHCP, or the fixed address given when the card was written.",
    ),
    Fault.NAME_UNKNOWN: (
        "The name of the enrolment server is not known here.",
        "Check the DNS server of this network, and the server's name on the ticket.",
    ),
    Fault.PROXY_MISSING: (
        "The proxy of this network cannot be reached.",
        "Check `proxy` of the site in the plan (name and port), and the DNS server of this network.",
    ),
    Fault.UNREACHABLE: (
        "The enrolment server does not answer.",
        "Check that it runs (provision central check), and that a firewall lets this terminal through to it.",
    ),
    Fault.NOT_THE_SERVER: (
        "Something else answers in place of the enrolment server.",
        "Check its address and port on the ticket, and whether the DNS server of this network tells the truth.",
    ),
    Fault.SIGN_IN_PAGE: (
        "This network wants somebody to sign in on a page before it lets anything through.",
        "A terminal cannot sign in: connect it to another network, or have it exempted from the sign-in page.",
    ),
    Fault.FINGERPRINT_WRONG: (
        "The enrolment server belongs to another authority than the ticket says; nothing secret was sent.",
        "If the authority was made anew, draw a new ticket. Else somebody is in the middle: tell who runs the network.",
    ),
    Fault.MAN_IN_THE_MIDDLE: (
        "Somebody sits between this terminal and the enrolment server; nothing secret was sent.",
        "Have the firewall leave this connection unopened (TLS inspection), or tell who runs the network.",
    ),
    Fault.SERVER_NAME_WRONG: (
        "The enrolment server's certificate is for another name than the one on the ticket.",
        "Make the server's certificate for the name that tickets use, or draw a ticket with the right name.",
    ),
    Fault.SERVER_EXPIRED: (
        "The enrolment server's certificate is not valid at the time that this terminal's clock shows.",
        "Compare the clock; if it is right, give the server a new certificate.",
    ),
    Fault.TOKEN_WRONG: ("The enrolment server does not know this ticket.", _NEW_TICKET),
    Fault.TOKEN_USED: ("This ticket was used already, for another key.", _NEW_TICKET),
    Fault.TOKEN_EXPIRED: ("This ticket is too old.", _NEW_TICKET),
    Fault.TERMINAL_WRONG: (
        "The ticket was drawn for another terminal.",
        "Write the card of this terminal again; tickets cannot be swapped.",
    ),
    Fault.TICKET_NEEDED: ("The enrolment server lets nobody in without a ticket.", _NEW_TICKET),
    Fault.REQUEST_WRONG: (
        "The enrolment server does not accept the form of the request.",
        "Terminal and server are of different versions: update the older one.",
    ),
    Fault.KEY_REUSED: (
        "This key had a certificate before; a key is good for one certificate.",
        "It is tried again with a new key. If it stays, write the card anew; never copy a card that ran.",
    ),
    Fault.REVOKED: (
        "The certificate of this terminal was revoked.",
        "If this terminal shall serve again: draw a new ticket and write it to the card.",
    ),
    Fault.CERTIFICATE_EXPIRED: ("The certificate of this terminal has expired.", _NEW_TICKET),
    Fault.CERTIFICATE_UNKNOWN: ("The enrolment server does not accept the certificate of this terminal.", _NEW_TICKET),
    Fault.NO_YES_YET: (
        "Staff have not said yes to this terminal yet.",
        "Have the code on the screen approved: provision central enrolment approve CODE --terminal SITE.ROOM.",
    ),
    Fault.CODE_REFUSED: ("Staff refused this terminal.", "Ask them why, then start it again for a new code."),
    Fault.TOO_MANY: ("Too many tries.", "Nothing to do: it is tried again later."),
    Fault.SERVER_FAULT: (
        "The enrolment server has a fault of its own.",
        "Look at its journal (journalctl -u kiosk-enrolment); it is tried again.",
    ),
    Fault.ANSWER_WRONG: (
        "The certificate that came does not belong to this terminal's key, name or authority.",
        "Terminal and server are of different versions, or the server is not ours: look at its journal.",
    ),
    Fault.DISK: ("The card cannot be written.", "It is full, read-only or worn out: write a new card."),
    Fault.NOT_ENROLLED: ("This terminal has no certificate yet.", "Start `provision enrol run`."),
    Fault.TICKET_STAYS: (
        "The terminal is enrolled, but its used ticket could not be taken off the card.",
        "It opens nothing any more. Check the boot partition for damage (fsck.vfat) when there is time.",
    ),
}

_PASSING = {
    Fault.CLOCK_WRONG,
    Fault.NO_NETWORK,
    Fault.NAME_UNKNOWN,
    Fault.PROXY_MISSING,
    Fault.UNREACHABLE,
    Fault.NOT_THE_SERVER,
    Fault.SIGN_IN_PAGE,
    Fault.MAN_IN_THE_MIDDLE,
    Fault.FINGERPRINT_WRONG,
    Fault.SERVER_NAME_WRONG,
    Fault.SERVER_EXPIRED,
    Fault.NO_YES_YET,
    Fault.TOO_MANY,
    Fault.SERVER_FAULT,
}


class FaultError(EnrolmentError):
    """One of the faults above; `detail` is the sentence, what to do, and what exactly was seen."""

    def __init__(self, fault: Fault, seen: str = "", retry_s: float = 0.0) -> None:
        """`seen` names no secret; `retry_s` is how long the server wants to be left alone."""
        what, advice = SENTENCES[fault]
        super().__init__(f"{what} {advice}" + (f" ({seen})" if seen else ""))
        self.fault = fault
        self.seen = seen
        self.retry_s = retry_s

    @property
    def is_passing(self) -> bool:
        """Whether it may be over by itself, so that trying again makes sense."""
        return self.fault in _PASSING
