"""Why a terminal gets no certificate: a sentence for every fault, and what whoever stands there can do."""

from kiosk.contract.enrolment import Fault
from kiosk.ui.texts import mark

_NEW_TICKET = mark("Draw a new ticket. Put it on the card.")
FAULTS: dict[Fault, tuple[str, str]] = {
    Fault.TICKET_DAMAGED: (mark("The ticket on the card cannot be read."), _NEW_TICKET),
    Fault.CLOCK_WRONG: (mark("The clock of this terminal is wrong."), mark("It needs a way to a time server.")),
    Fault.NO_NETWORK: (mark("There is no network."), mark("Check cable and socket, or the fixed address.")),
    Fault.NAME_UNKNOWN: (
        mark("This network does not know the server's name."),
        mark("Check the name on the ticket and the name service."),
    ),
    Fault.PROXY_MISSING: (
        mark("The way out of this network cannot be reached."),
        mark("Check name and port of its proxy."),
    ),
    Fault.UNREACHABLE: (
        mark("The enrolment server does not answer."),
        mark("Check that it runs. Check the firewall on the way."),
    ),
    Fault.NOT_THE_SERVER: (
        mark("Something else answers in place of the server."),
        mark("Check the server's address on the ticket."),
    ),
    Fault.SIGN_IN_PAGE: (
        mark("This network wants a sign-in on a page."),
        mark("A terminal cannot sign in. Use another network."),
    ),
    Fault.FINGERPRINT_WRONG: (
        mark("This is not the server of the ticket."),
        mark("Nothing secret was sent. Check ticket and network."),
    ),
    Fault.MAN_IN_THE_MIDDLE: (
        mark("Somebody sits between terminal and server."),
        mark("Nothing secret was sent. Tell who runs the network."),
    ),
    Fault.SERVER_NAME_WRONG: (
        mark("The server's certificate is for another name."),
        mark("Check the server's name on the ticket."),
    ),
    Fault.SERVER_EXPIRED: (
        mark("The server's certificate is not valid today."),
        mark("Check the clock, then the server's certificate."),
    ),
    Fault.TOKEN_WRONG: (mark("The server does not know this ticket."), _NEW_TICKET),
    Fault.TOKEN_USED: (mark("This ticket was used already."), _NEW_TICKET),
    Fault.TOKEN_EXPIRED: (mark("This ticket is too old."), _NEW_TICKET),
    Fault.TERMINAL_WRONG: (mark("This ticket is for another terminal."), mark("Write this terminal's card again.")),
    Fault.TICKET_NEEDED: (mark("The server lets nobody in without a ticket."), _NEW_TICKET),
    Fault.REQUEST_WRONG: (
        mark("Server and terminal do not understand each other."),
        mark("Their versions differ. Update the older one."),
    ),
    Fault.KEY_REUSED: (mark("This key was used before."), mark("Write the card anew. Never copy a used one.")),
    Fault.REVOKED: (mark("This terminal was shut out."), mark("Shall it come back? Draw a new ticket.")),
    Fault.CERTIFICATE_EXPIRED: (mark("The certificate of this terminal has expired."), _NEW_TICKET),
    Fault.CERTIFICATE_UNKNOWN: (mark("The server does not accept the certificate."), _NEW_TICKET),
    Fault.NO_YES_YET: (mark("Nobody has approved this terminal yet."), mark("Please have the code approved.")),
    Fault.CODE_REFUSED: (mark("Staff refused this terminal."), mark("Ask them why. A new code comes soon.")),
    Fault.TOO_MANY: (mark("There were too many tries."), mark("Please wait a moment.")),
    Fault.SERVER_FAULT: (mark("The enrolment server has a fault."), mark("Please look into its log.")),
    Fault.ANSWER_WRONG: (
        mark("A certificate came that is not for this terminal."),
        mark("Compare the versions. Look into the server's log."),
    ),
    Fault.DISK: (mark("The card cannot be written."), mark("It is full or worn out. Write a new card.")),
    Fault.NOT_ENROLLED: (mark("This terminal has no certificate yet."), mark("Please start it again.")),
    Fault.TICKET_STAYS: (
        mark("The used ticket is still on the card."),
        mark("It opens nothing any more. Check the card later."),
    ),
}
"""What happened, and what to do."""
