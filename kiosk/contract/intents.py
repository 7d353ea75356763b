"""What a hand at the terminal asks for: touch app → agent. Each is refused silently when the state does not offer it."""

from msgspec import Struct

from kiosk.contract.state import Consent, TextSize


class _Intent(Struct, frozen=True, kw_only=True, tag=True):
    pass


class ChooseLanguage(_Intent):
    """On idle this *is* the start and leads to today; elsewhere it only changes the words."""

    language: str


class ChooseLook(_Intent):
    text_size: TextSize | None = None
    is_high_contrast: bool | None = None


class OpenCorner(_Intent):
    """Opens the sheet with languages, text size and contrast."""


class CloseSheet(_Intent):
    """Back from any sheet to the screen below it."""


class AskHelp(_Intent):
    """The Help button on the screen; the one on the wall is `HelpPressed`."""


class CancelHelp(_Intent):
    pass


class GoBack(_Intent):
    """From today to idle, from preparation to today."""


class JoinAppointment(_Intent):
    number: str


class StartWithoutAppointment(_Intent):
    pass


class Choose(_Intent):
    """Preparation's three equal buttons: `ALL` with camera, `SOUND` sound only, `NONE` not now."""

    choice: Consent


class SetMicrophone(_Intent):
    is_on: bool


class SetCamera(_Intent):
    is_on: bool


class SetPause(_Intent):
    is_paused: bool


class OpenDoor(_Intent):
    """Opens the card of a waiting partner."""

    call: str


class Admit(_Intent):
    """The customer's answer at the door; `NONE` is "not today"."""

    call: str
    consent: Consent


class SendAway(_Intent):
    """Ends an admitted partner's part."""

    call: str


class OpenNeeds(_Intent):
    pass


class ChooseNeed(_Intent):
    need: str


class RingDesks(_Intent):
    """Rings these desks for `Session.chosen_need`; all free ones when empty."""

    desks: tuple[str, ...] = ()


class StopRinging(_Intent):
    pass


class OpenShow(_Intent):
    pass


class OpenEnd(_Intent):
    """Asks whether to end; nothing ends yet."""


class EndSession(_Intent):
    pass


class MoreTime(_Intent):
    """Puts off `State.closes_at`, or extends the session where the next booking allows it."""


class Rate(_Intent):
    """One touch at the end: 1 yes, 0 partly, -1 no."""

    value: int


Intent = (
    ChooseLanguage
    | ChooseLook
    | OpenCorner
    | CloseSheet
    | AskHelp
    | CancelHelp
    | GoBack
    | JoinAppointment
    | StartWithoutAppointment
    | Choose
    | SetMicrophone
    | SetCamera
    | SetPause
    | OpenDoor
    | Admit
    | SendAway
    | OpenNeeds
    | ChooseNeed
    | RingDesks
    | StopRinging
    | OpenShow
    | OpenEnd
    | EndSession
    | MoreTime
    | Rate
)
