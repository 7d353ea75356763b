"""One frozen view a screen or sheet, made of the parts in `kiosk.ui.views`. A part that is empty is not there.

Knows neither Kivy nor the state: a screen's `.kv` only binds to these.
"""

from msgspec import Struct

from kiosk.ui.views import (
    ButtonView,
    ChipView,
    DeskRowView,
    NeedView,
    NoticeView,
    PersonRowView,
    SeatView,
    SessionRowView,
    StageView,
    StateView,
    TileView,
    TopBarView,
)


class TurnPage(Struct, frozen=True, kw_only=True):
    """The one touch that is not for the agent: present again with this `page`."""

    page: int


class ScreenView(Struct, frozen=True, kw_only=True):
    """What every screen and sheet has."""

    language: str = "de"
    is_rtl: bool = False
    is_large: bool = False
    is_contrast: bool = False
    top: TopBarView = TopBarView()
    toast: NoticeView = NoticeView()
    """What happened just now, for six seconds, or what must be seen as long as it lasts."""
    title: str = ""
    """The one sentence at the top."""
    page: int = 0
    is_dark: bool = False
    """The whole glass is black."""
    veil: float = 0.0
    """How much of the light is taken away, 0 to 1, where the panel itself cannot be dimmed."""


class SleepView(ScreenView, frozen=True, kw_only=True):
    """Nothing is to be seen or touched: the screen sleeps."""

    is_dark: bool = True


class IdleView(ScreenView, frozen=True, kw_only=True):
    """Nobody is here: room, clock, free or in use; a touched language is the start."""

    room: str = ""
    clock: str = ""
    date: str = ""
    state: StateView = StateView()
    """Free or in use; for who has just come, a greeting."""
    hint: StateView = StateView()
    """What the visitor should know of the room itself: no connection, a part that does not answer."""
    ask: str = ""
    languages: tuple[ButtonView, ...] = ()
    seats: tuple[SeatView, ...] = ()
    has_things: bool = False
    """Cup and paper on the table: the room is free."""


class TodayView(ScreenView, frozen=True, kw_only=True):
    """The room's sessions of today, as many as the form has rows for."""

    rows: tuple[SessionRowView, ...] = ()
    empty: str = ""
    """Instead of rows."""
    hint: StateView = StateView()
    back: ButtonView = ButtonView()
    start: ButtonView = ButtonView()
    """Without appointment."""
    more: ButtonView = ButtonView()
    """The next page of rows; not there when all are seen."""


class PreparationView(ScreenView, frozen=True, kw_only=True):
    """Who will be there, the own picture here only, and three equal choices."""

    picture: str = ""
    """Frame ring of the own picture; empty while there is none."""
    caption: StateView = StateView()
    """Below the own picture."""
    fault: NoticeView = NoticeView()
    """Instead of the own picture."""
    people_title: str = ""
    people: tuple[PersonRowView, ...] = ()
    people_more: str = ""
    """Those for whom there is no row."""
    promise: StateView = StateView()
    """Nobody sees or hears yet."""
    choices: tuple[ButtonView, ...] = ()


class SessionView(ScreenView, frozen=True, kw_only=True):
    """The conversation. Exactly one of `stage`, `speaker` and `empty` fills the big place."""

    stage: StageView = StageView()
    """A screen that is shown."""
    speaker: TileView = TileView()
    """Who speaks, when no screen is shown."""
    empty: str = ""
    """Nobody is connected yet; `people` says who is expected."""
    seats: tuple[SeatView, ...] = ()
    """The round; drawn where there is room for it."""
    people: tuple[PersonRowView, ...] = ()
    tiles: tuple[TileView, ...] = ()
    more: ButtonView = ButtonView()
    """The partners without a tile ("+2")."""
    chip: ChipView = ChipView()
    bar: tuple[ButtonView, ...] = ()
    """Microphone, camera, show, add, end."""


class DoorView(ScreenView, frozen=True, kw_only=True):
    """A partner wants to come in: who, why, what follows; three equal answers."""

    seats: tuple[SeatView, ...] = ()
    facts: tuple[PersonRowView, ...] = ()
    choices: tuple[ButtonView, ...] = ()


class NeedsView(ScreenView, frozen=True, kw_only=True):
    """Add a partner: what is needed."""

    needs: tuple[NeedView, ...] = ()
    empty: str = ""
    back: ButtonView = ButtonView()
    more: ButtonView = ButtonView()


class DesksView(ScreenView, frozen=True, kw_only=True):
    """Add a partner: who serves the need, and who of them is free."""

    need: str = ""
    rows: tuple[DeskRowView, ...] = ()
    hint: str = ""
    ring: ButtonView = ButtonView()
    """Rings all who are free; the first one comes."""
    back: ButtonView = ButtonView()
    more: ButtonView = ButtonView()


class RingingView(ScreenView, frozen=True, kw_only=True):
    """A ring is under way, or has ended without anybody coming."""

    need: str = ""
    seats: tuple[SeatView, ...] = ()
    rows: tuple[DeskRowView, ...] = ()
    share: float = -1.0
    """Part of the 45 s that is left, 0 to 1; below 0 there is no pie."""
    text: str = ""
    detail: str = ""
    stop: ButtonView = ButtonView()
    again: ButtonView = ButtonView()
    """The next offer, once the ring is over."""
    back: ButtonView = ButtonView()


class PartnerRowView(Struct, frozen=True, kw_only=True):
    """A partner in the round, with something that can be done."""

    person: PersonRowView = PersonRowView()
    state: StateView = StateView()
    button: ButtonView = ButtonView()


class EndView(ScreenView, frozen=True, kw_only=True):
    """Really end? Or is only one partner's part over?"""

    text: str = ""
    rows_title: str = ""
    rows: tuple[PartnerRowView, ...] = ()
    more: ButtonView = ButtonView()
    choices: tuple[ButtonView, ...] = ()


class ShowView(ScreenView, frozen=True, kw_only=True):
    """Who shows what, and how something is shown from the table."""

    choices: tuple[ButtonView, ...] = ()
    """What the room can show, or what can be done about what it shows."""
    hint: StateView = StateView()
    rows: tuple[PartnerRowView, ...] = ()
    places: int = 3
    """So many rows are on a full page."""
    more: ButtonView = ButtonView()
    empty: str = ""
    back: ButtonView = ButtonView()


class CornerView(ScreenView, frozen=True, kw_only=True):
    """Language, text size and contrast; holds for this visit."""

    languages: tuple[ButtonView, ...] = ()
    looks: tuple[ButtonView, ...] = ()
    sound: ButtonView = ButtonView()
    """To the sheet with the volume, while there is something to hear; to the staff page where nobody is."""
    back: ButtonView = ButtonView()


class SoundView(ScreenView, frozen=True, kw_only=True):
    """How loud the partners are, whether one hears them, and whether one is heard."""

    volume: float = 0.0
    """0 to 1."""
    volume_text: str = ""
    quieter: ButtonView = ButtonView()
    louder: ButtonView = ButtonView()
    microphone: StateView = StateView()
    has_level: bool = False
    """The microphone is open, so a bar says how loud it hears."""
    test: ButtonView = ButtonView()
    back: ButtonView = ButtonView()


class HelpView(ScreenView, frozen=True, kw_only=True):
    """Help was asked for."""

    icon: str = "lifebuoy"
    lines: tuple[str, ...] = ()
    cancel: ButtonView = ButtonView()
    back: ButtonView = ButtonView()


class EndedView(ScreenView, frozen=True, kw_only=True):
    """Everything deleted, and one question."""

    gone: tuple[StateView, ...] = ()
    seats: tuple[SeatView, ...] = ()
    ask: str = ""
    choices: tuple[ButtonView, ...] = ()
    share: float = -1.0
    """Part of the time that is left before the screen closes, 0 to 1."""
    closes: str = ""
    goodbye: str = ""
    more_time: ButtonView = ButtonView()


class WayView(Struct, frozen=True, kw_only=True):
    """One way on from a fault."""

    icon: str = ""
    title: str = ""
    text: str = ""
    button: ButtonView = ButtonView()


class FaultView(ScreenView, frozen=True, kw_only=True):
    """The screen cannot be what it should be: what happened, and the ways on. `title` is in `fault`."""

    fault: NoticeView = NoticeView()
    is_wait: bool = False
    """Nothing is broken, it only takes a moment."""
    ways: tuple[WayView, ...] = ()
    room: str = ""


class FirstStartView(ScreenView, frozen=True, kw_only=True):
    """Not in service yet. Exactly one of `fault`, `qr` with `code`, and `steps` is there; `title` says which."""

    steps: tuple[StateView, ...] = ()
    code: str = ""
    """As it is drawn: in one line or several."""
    qr: str = ""
    """What the QR code says."""
    ask: str = ""
    """What to do with the code."""
    command: str = ""
    """That does it."""
    fault: NoticeView = NoticeView()
    again: StateView = StateView()
    """When it is tried again."""
    seen: str = ""
    """For who mends it: the server, or what exactly was seen of it."""


class StaffRowView(Struct, frozen=True, kw_only=True):
    """One part of the terminal: how it does, by which figures, and when that was seen."""

    icon: str = ""
    name: str = ""
    state: StateView = StateView()
    measured: str = ""
    time: str = ""


class StaffView(ScreenView, frozen=True, kw_only=True):
    """How the terminal does, for those who look after it."""

    rows: tuple[StaffRowView, ...] = ()
    test: ButtonView = ButtonView()
    restart: ButtonView = ButtonView()
    back: ButtonView = ButtonView()
    more: ButtonView = ButtonView()


class RestartView(ScreenView, frozen=True, kw_only=True):
    """Staff may begin a program anew."""

    hint: str = ""
    programs: tuple[ButtonView, ...] = ()
    back: ButtonView = ButtonView()


class PinView(ScreenView, frozen=True, kw_only=True):
    """The number of the staff is typed."""

    typed: str = ""
    """A dot a digit."""
    hint: StateView = StateView()
    keys: tuple[ButtonView, ...] = ()
    back: ButtonView = ButtonView()


View = (
    SleepView
    | IdleView
    | TodayView
    | PreparationView
    | SessionView
    | DoorView
    | NeedsView
    | DesksView
    | RingingView
    | EndView
    | ShowView
    | CornerView
    | SoundView
    | HelpView
    | EndedView
    | FaultView
    | FirstStartView
    | StaffView
    | PinView
    | RestartView
)


def name_of(view: ScreenView) -> str:
    """What the screen is called by tests and reports: `idle`, `door`, `ringing`."""
    return type(view).__name__.removesuffix("View").lower()
