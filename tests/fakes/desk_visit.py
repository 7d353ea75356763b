"""A page's side of one visit, for tests that speak the page's protocol themselves."""

import secrets

from kiosk.contract.partner import FromRoom, Introduction, Invitations, Knock, Leave, Sealed, ToRoom
from kiosk.runtime import sealing
from kiosk.runtime.sealing import Seal
from tests.fakes.desk_house import TERMINAL, PageDouble


class Visit:
    """One call of a `PageDouble`."""

    def __init__(self, page: PageDouble, call: str, seal: Seal) -> None:
        self.page, self.call, self.seal = page, call, seal

    async def say(self, message: object) -> None:
        """Sealed, to the room."""
        await self.page.say(ToRoom(terminal=TERMINAL, message=Sealed(call=self.call, box=self.seal.close(message))))

    async def leave(self) -> None:
        await self.page.say(ToRoom(terminal=TERMINAL, message=Leave(call=self.call)))


async def invited(page: PageDouble) -> Invitations:
    """The room's invitation, as soon as the page has it."""

    def is_invitation(message: object) -> bool:
        return isinstance(message, FromRoom) and isinstance(message.message, Invitations)

    message = next((one for one in page.heard if is_invitation(one)), None) or await page.until(is_invitation)
    invitations: Invitations = message.message
    return invitations


async def knock(page: PageDouble, number: str, name: str = "Frau Kaya") -> Visit:
    """Waits for the invitation, then knocks for it."""
    room_key = (await invited(page)).key
    call, secret = secrets.token_hex(8), sealing.new_secret()
    seal = Seal(secret, room_key, call, is_room=False)
    box = seal.close(Introduction(name=name))
    message = Knock(call=call, key=sealing.public_of(secret), box=box, number=number)
    await page.say(ToRoom(terminal=TERMINAL, message=message))
    return Visit(page, call, seal)
