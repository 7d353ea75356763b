"""What a hand at the terminal asks for: touch app → agent. One the state does not offer changes nothing."""

from msgspec import Struct

from kiosk.contract.health import Program
from kiosk.contract.state import Consent, TextSize


class _Intent(Struct, frozen=True, kw_only=True, tag=True):
    pass


class Touched(_Intent, frozen=True, kw_only=True):
    """A finger was on the glass, whatever it meant: somebody is here."""


class ChooseLanguage(_Intent, frozen=True, kw_only=True):
    """On idle this *is* the start and leads to today; elsewhere it only changes the words."""

    language: str


class ChooseLook(_Intent, frozen=True, kw_only=True):
    text_size: TextSize | None = None
    is_high_contrast: bool | None = None


class OpenCorner(_Intent, frozen=True, kw_only=True):
    """Opens the sheet with languages, text size and contrast."""


class CloseSheet(_Intent, frozen=True, kw_only=True):
    """Back from any sheet to the screen below it."""


class AskHelp(_Intent, frozen=True, kw_only=True):
    """The Help button on the screen; the one on the wall is `HelpPressed`."""


class CancelHelp(_Intent, frozen=True, kw_only=True):
    pass


class GoBack(_Intent, frozen=True, kw_only=True):
    """From today to idle, from preparation to today."""


class JoinAppointment(_Intent, frozen=True, kw_only=True):
    number: str


class StartWithoutAppointment(_Intent, frozen=True, kw_only=True):
    pass


class Choose(_Intent, frozen=True, kw_only=True):
    """Preparation's three equal buttons: `ALL` with camera, `SOUND` sound only, `NONE` not now."""

    choice: Consent


class SetMicrophone(_Intent, frozen=True, kw_only=True):
    is_on: bool


class SetCamera(_Intent, frozen=True, kw_only=True):
    is_on: bool


class SetPause(_Intent, frozen=True, kw_only=True):
    is_paused: bool


class OpenDoor(_Intent, frozen=True, kw_only=True):
    """Opens the card of a waiting partner."""

    call: str


class Admit(_Intent, frozen=True, kw_only=True):
    """The customer's answer at the door; `NONE` is "not today"."""

    call: str
    consent: Consent


class SendAway(_Intent, frozen=True, kw_only=True):
    """Ends an admitted partner's part."""

    call: str


class OpenNeeds(_Intent, frozen=True, kw_only=True):
    pass


class ChooseNeed(_Intent, frozen=True, kw_only=True):
    need: str


class RingDesks(_Intent, frozen=True, kw_only=True):
    """Rings these desks for `Session.chosen_need`; all free ones when empty."""

    desks: tuple[str, ...] = ()


class StopRinging(_Intent, frozen=True, kw_only=True):
    pass


class OpenShow(_Intent, frozen=True, kw_only=True):
    pass


class ShowLaptop(_Intent, frozen=True, kw_only=True):
    pass


class ShowDocument(_Intent, frozen=True, kw_only=True):
    """Takes a still and shows it; again: takes another one."""


class StopShowing(_Intent, frozen=True, kw_only=True):
    pass


class OpenSound(_Intent, frozen=True, kw_only=True):
    """Opens the sheet with volume, loudspeaker test and microphone level."""


class SetVolume(_Intent, frozen=True, kw_only=True):
    volume_pct: int


class TestLoudspeaker(_Intent, frozen=True, kw_only=True):
    """A short sound in the room."""


class OpenEnd(_Intent, frozen=True, kw_only=True):
    """Asks whether to end; nothing ends yet."""


class EndSession(_Intent, frozen=True, kw_only=True):
    pass


class MoreTime(_Intent, frozen=True, kw_only=True):
    """Puts off `State.closes_at`, or extends the session where the next booking allows it."""


class Rate(_Intent, frozen=True, kw_only=True):
    """One touch at the end: 1 yes, 0 partly, -1 no."""

    value: int


class GoOnAnyway(_Intent, frozen=True, kw_only=True):
    """The visitor has read what does not work in this room, and goes on."""


class OpenStaff(_Intent, frozen=True, kw_only=True):
    """To the staff page: asks for the number first."""


class TypeDigit(_Intent, frozen=True, kw_only=True):
    """One digit of the number; empty: take the last one back."""

    digit: str


class EnterPin(_Intent, frozen=True, kw_only=True):
    """What was typed is the number."""


class OpenRestart(_Intent, frozen=True, kw_only=True):
    """Staff may want to begin a program anew."""


class RestartProgram(_Intent, frozen=True, kw_only=True):
    """Staff want that."""

    program: Program


class TestRoom(_Intent, frozen=True, kw_only=True):
    """Staff want a self-test, now."""


Intent = (
    Touched
    | ChooseLanguage
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
    | ShowLaptop
    | ShowDocument
    | StopShowing
    | OpenSound
    | SetVolume
    | TestLoudspeaker
    | OpenEnd
    | EndSession
    | MoreTime
    | Rate
    | GoOnAnyway
    | OpenStaff
    | TypeDigit
    | EnterPin
    | OpenRestart
    | RestartProgram
    | TestRoom
)
