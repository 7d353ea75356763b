"""Views of the target pictures, in German and Arabic, for the gallery and the widget tests."""

from kiosk.ui.views import (
    ButtonView,
    ChipView,
    DeskRowView,
    Kind,
    Lamp,
    LampView,
    Mood,
    NeedView,
    PersonRowView,
    Picture,
    PlateView,
    Seat,
    SeatView,
    SessionRowView,
    StageView,
    StateView,
    TileView,
    TimeView,
    TopBarView,
)

HOME_SEATS = tuple(SeatView(angle_deg=a, seat=Seat.MINE if a == 180 else Seat.EMPTY) for a in range(0, 360, 60))
DOOR_SEATS = (
    SeatView(angle_deg=180, seat=Seat.CUSTOMER),
    SeatView(angle_deg=240, seat=Seat.TAKEN, icon="briefcase"),
    SeatView(angle_deg=300, seat=Seat.TAKEN, icon="baby-carriage"),
    SeatView(angle_deg=0, seat=Seat.RINGING),
    SeatView(angle_deg=62, seat=Seat.WAITING),
    SeatView(angle_deg=121),
)
CLOSED = PlateView(camera=LampView(text="Kamera AUS"), microphone=LampView(text="Mikrofon AUS"))
OPEN = PlateView(camera=LampView(lamp=Lamp.ON, text="Kamera AN"), microphone=LampView(lamp=Lamp.ON, text="Mikrofon AN"))
HERE = PlateView(camera=LampView(lamp=Lamp.HERE, text="Kamera NUR HIER"), microphone=LampView(text="Mikrofon AUS"))
FAULT = PlateView(camera=LampView(lamp=Lamp.FAULT, text="Kamera GESTÖRT"), microphone=LampView(text="Mikrofon AUS"))
PAUSED = PlateView(pause_text="Pause. Niemand sieht\noder hört Sie.")
CORNER = ButtonView(text="Deutsch", icon="globe", second_icon="text-aa", intent="corner")
HELP = ButtonView(text="Hilfe", icon="lifebuoy", intent="help")
PAUSE = ButtonView(text="Pause", icon="pause-circle", intent="pause")
LEFT = TimeView(text="noch\n24 min", share=0.4)

IDLE_BAR = TopBarView(plate=CLOSED, corner=CORNER, help=HELP, room="Raum 2.14")
TODAY_BAR = TopBarView(plate=CLOSED, time=TimeView(text="10:19", icon="clock"), corner=CORNER, help=HELP)
PREPARATION_BAR = TopBarView(plate=HERE, time=TimeView(text="10:24", icon="clock"), corner=CORNER, help=HELP)
SESSION_BAR = TopBarView(plate=OPEN, pause=PAUSE, time=LEFT, corner=CORNER, help=HELP)

LANGUAGES = tuple(
    ButtonView(text=name, kind=Kind.SECONDARY if i else Kind.PRIMARY, intent=name)
    for i, name in enumerate(("Deutsch", "Leichte Sprache", "English", "Türkçe", "العربية", "Українська", "Русский"))
)
BAR = (
    ButtonView(text="Mikrofon", icon="microphone", tag="AN", is_tag_on=True, intent="microphone"),
    ButtonView(text="Kamera", icon="video-camera", tag="AUS", intent="camera"),
    ButtonView(text="Zeigen", icon="screencast", intent="show"),
    ButtonView(text="Dazuholen", icon="user-plus", intent="add"),
    ButtonView(text="Beenden", icon="phone-x", kind=Kind.DANGER, intent="end"),
)
TRIO = (
    ButtonView(text="Mit Kamera", icon="video-camera", intent="all"),
    ButtonView(text="Nur Ton", icon="microphone", intent="sound"),
    ButtonView(text="Jetzt nicht", icon="hand-palm", intent="none"),
)
TILES = (
    TileView(key="brandt", name="Herr Brandt", detail="Familienkasse", picture=Picture.LIVE, speaks_text="spricht"),
    TileView(key="haddad", name="Frau Haddad", detail="dolmetscht Arabisch", picture=Picture.LIVE, is_interpreter=True),
)
CHIP = ChipView(text="Frau Kaya wartet", detail="Jugendamt", intent="door")
STAGE = StageView(key="brandt", text="Herr Brandt zeigt seinen Bildschirm")
LATER = StateView(text="ab 11:00", icon="hourglass-medium", mood=Mood.BUSY)
SESSIONS = (
    SessionRowView(
        time="09:30",
        title="Termin 4698",
        detail="Jugendamt",
        is_past=True,
        state=StateView(text="Beendet", icon="check-circle"),
    ),
    SessionRowView(
        time="10:30",
        title="Termin 4711",
        detail="Familienkasse · Schuldnerberatung",
        join=ButtonView(text="Teilnehmen", kind=Kind.PRIMARY, intent="join"),
    ),
    SessionRowView(time="11:15", title="Termin 4725", detail="Handwerkskammer", state=LATER),
    SessionRowView(time="13:00", title="Termin 4730", detail="Ausländerbehörde · Dolmetschen", state=LATER),
)
PEOPLE = (
    PersonRowView(icon="briefcase", name="Frau Lindner", detail="Ihre Beraterin, hier im Raum"),
    PersonRowView(icon="baby-carriage", name="Herr Brandt", detail="Familienkasse, per Video"),
    PersonRowView(icon="scales", name="Frau Özdemir", detail="Schuldnerberatung, per Video"),
)
RINGS = StateView(text="klingelt", icon="phone-call", mood=Mood.BUSY)
DESKS = (
    DeskRowView(name="Frau Haddad", detail="Sprachmittlung Nord", is_ringing=True, state=RINGS),
    DeskRowView(name="Herr Saleh", detail="Dolmetscherdienst", is_ringing=True, state=RINGS, icon=""),
    DeskRowView(
        name="Frau Mansour",
        detail="Dolmetscherdienst",
        state=StateView(text="ab 10:50", icon="hourglass-medium"),
        intent="mansour",
    ),
)
FREE = StateView(text="2 erreichbar", icon="check-circle", mood=Mood.OK)
NEEDS = (
    NeedView(icon="baby-carriage", text="Kindergeld", state=FREE, intent="children"),
    NeedView(icon="users", text="Betreuung für Kinder", state=FREE, intent="care"),
    NeedView(icon="scales", text="Schulden", state=FREE, intent="debts"),
    NeedView(
        icon="heartbeat",
        text="Gesundheit",
        is_possible=False,
        state=StateView(text="nur Termin", icon="calendar-check"),
    ),
)

ARABIC_BAR = TopBarView(
    plate=PlateView(
        camera=LampView(lamp=Lamp.ON, text="الكاميرا تعمل"), microphone=LampView(lamp=Lamp.ON, text="الميكروفون يعمل")
    ),
    pause=ButtonView(text="استراحة", icon="pause-circle", intent="pause"),
    time=TimeView(text="بقي\n24 دقيقة", share=0.4),
    corner=ButtonView(text="العربية", icon="globe", second_icon="text-aa", intent="corner"),
    help=ButtonView(text="مساعدة", icon="lifebuoy", intent="help"),
)
ARABIC_BUTTONS = tuple(
    ButtonView(text=text, icon=was.icon, kind=was.kind, tag=tag, is_tag_on=bool(tag), intent=was.intent)
    for was, text, tag in zip(
        BAR,
        ("الميكروفون", "الكاميرا", "عرض", "دعوة شخص", "إنهاء"),
        ("يعمل", "تعمل", "", "", ""),
        strict=True,
    )
)
ARABIC_TILES = (
    TileView(key="brandt", name="السيد براندت", detail="صندوق الأسرة", picture=Picture.LIVE, speaks_text="يتحدث"),
    TileView(key="haddad", name="السيدة حداد", detail="مترجمة: العربية", picture=Picture.LIVE, is_interpreter=True),
)
ARABIC_CHIP = ChipView(text="السيدة كايا تنتظر", detail="مكتب رعاية الشباب", intent="door")
ARABIC_STAGE = StageView(key="brandt", text="السيد براندت يعرض شاشته")
