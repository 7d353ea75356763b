"""For those who look after the terminal: their number, and how every part does, in plain words."""

from collections.abc import Iterator, Mapping
from math import ceil

from msgspec import Struct

from kiosk.consultation.staff import is_paused
from kiosk.contract import intents
from kiosk.contract.health import Finding, Grade, Part, Program
from kiosk.contract.self_test import Check, CheckResult, Verdict
from kiosk.ui.present import screen
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.views import PinView, RestartView, StaffRowView, StaffView
from kiosk.ui.texts import mark, mark_in
from kiosk.ui.views import ButtonView, Kind, Mood, StateView


class _Line(Struct, frozen=True):
    """One line of the table: what was tested, and what is measured all the time."""

    icon: str
    name: str
    check: Check | None
    parts: tuple[Part, ...] = ()


_LINES = (
    _Line("video-camera", mark_in("part", "Camera"), Check.CAMERA, (Part.CAMERA,)),
    _Line("eye-slash", mark("Shutter"), Check.SHUTTER),
    _Line("microphone", mark("Sound and microphone"), Check.SOUND, (Part.SOUND,)),
    _Line("network", mark("Network"), None, (Part.NETWORK,)),
    _Line("plugs-connected", mark("Broker"), Check.BROKER, (Part.BROKER,)),
    _Line("signpost", mark("Relay"), Check.RELAY),
    _Line("phone", mark("Media server"), Check.MEDIA_SERVER),
    _Line("users", mark("Video and sound"), Check.CALL),
    _Line("lightbulb", mark("Sign and light"), Check.LAMPS, (Part.WIRES,)),
    _Line("hand-pointing", mark("Touch"), Check.TOUCH, (Part.TOUCH,)),
    _Line("thermometer", mark("Computer"), None, (Part.TEMPERATURE, Part.POWER, Part.PROCESSOR, Part.PRESSURE)),
    _Line("cpu", mark("Memory"), None, (Part.MEMORY,)),
    _Line("list-checks", mark("Storage"), None, (Part.STORAGE, Part.WEAR)),
    _Line("clock", mark("Clock"), Check.CLOCK, (Part.CLOCK,)),
    _Line("calendar-check", mark("Plan"), Check.SCHEDULE),
    _Line("arrows-clockwise", mark("Programs"), None, (Part.PROCESSES,)),
    _Line("identification-card", mark("Certificate"), None, (Part.CERTIFICATE,)),
)
_NEWER = (Part.BROKER, Part.CLOCK, Part.TOUCH, Part.WIRES)
"""What is measured all the time says more of these than a test that was."""

_SILENT = mark("does not answer")
WORDS: Mapping[str, str] = {
    "hot": mark("too hot"),
    "voltage-low": mark("voltage is too low"),
    "was-voltage-low": mark("voltage was too low"),
    **dict.fromkeys(("throttled", "clock-capped", "soft-limit", "was-throttled"), mark("is slowed down")),
    "busy": mark("very busy"),
    "work-waits": mark("very busy"),
    **dict.fromkeys(("memory-short", "storage-full"), mark("hardly any left")),
    **dict.fromkeys(("worn", "life-80-pct", "life-over"), mark("worn out")),
    "clock-unset": mark("not set"),
    "clock-off": mark("goes wrong"),
    "link-down": mark("no cable"),
    **dict.fromkeys(("no-gateway", "no-address", "gateway-silent", "relay-carries-nothing"), mark("no way out")),
    **dict.fromkeys(("no-broker", "network-lost", "no-connection"), mark("not connected")),
    **dict.fromkeys(("broker-refuses", "far-side-refused", "not-authorised"), mark("does not let us in")),
    "identity-twice": mark("name is used twice"),
    "packets-lost": mark("loses packets"),
    "slow": mark("slow"),
    "camera-busy": mark("in use elsewhere"),
    "comes-back-often": mark("restarts often"),
    "not-renewed": mark("was not renewed"),
    "certificate-expired": mark("has expired"),
    "dark": mark("picture is dark"),
    "frozen": mark("picture stands still"),
    **dict.fromkeys(("no-picture", "few-pictures"), mark("no picture")),
    "not-heard": mark("not to be heard"),
    **dict.fromkeys(("microphone-silent", "no-sound"), mark("hears nothing")),
    **dict.fromkeys(("does-not-open", "does-not-shut", "shutter-stuck"), mark("is stuck")),
    **dict.fromkeys(("schedule-missing", "schedule-old"), mark("missing")),
    "not-from-afar": mark("not from afar"),
    "none-configured": mark("not there"),
}
"""By reason of a finding or a check; any other one is said as "does not answer"."""
_MOODS = {Grade.GOOD: Mood.OK, Grade.WARNING: Mood.BUSY, Grade.CRITICAL: Mood.BAD, Grade.UNKNOWN: Mood.IDLE}
_VERDICTS = {Verdict.PASSED: Mood.OK, Verdict.FAILED: Mood.BAD, Verdict.SKIPPED: Mood.IDLE}
_ICONS = {Mood.OK: "check-circle", Mood.BUSY: "warning", Mood.BAD: "warning-octagon", Mood.IDLE: "hourglass-medium"}
_URGENT = (Mood.BAD, Mood.BUSY, Mood.OK, Mood.IDLE)
_ROW_LETTERS = 24


def staff(scene: Scene) -> StaffView:
    """What needs somebody stands first; after all parts come addresses and single lines."""
    say, state = scene.language.say, scene.state
    rows = (*(_row(scene, line) for line in _LINES), *_addresses(scene), *_lines(scene))
    rows = tuple(sorted(rows, key=lambda row: _URGENT.index(row.state.mood)))
    shown, more, page = screen.paged(scene, rows, scene.places.staff)
    is_running = state.self_test.trigger is not None
    return screen.fill(
        scene,
        StaffView,
        title=say("The room is being tested.") if is_running else say("How the terminal does"),
        rows=shown,
        test=ButtonView(
            key="test-room",
            text=say("Test now"),
            icon="wrench",
            kind=Kind.PRIMARY,
            intent=intents.TestRoom(),
            is_possible=not is_running,
        ),
        restart=ButtonView(
            key="restart",
            text=say("Restart"),
            icon="arrows-clockwise",
            intent=intents.OpenRestart(),
            is_possible=not is_running,
        ),
        back=ButtonView(key="close", text=say("Leave"), icon="arrow-left", intent=intents.CloseSheet()),
        more=more,
        page=page,
    )


def _addresses(scene: Scene) -> Iterator[StaffRowView]:
    state = StateView(icon=_ICONS[Mood.OK], text=scene.language.say("all right"), mood=Mood.OK)
    for one in scene.state.health.addresses:
        measured = one.interface
        for part in _parts(one.address):
            yield StaffRowView(icon="network", name=screen.ltr(scene, part), state=state, measured=measured)
            measured = ""


def _parts(address: str) -> tuple[str, ...]:
    """An address that would be too small to read in one row of a small panel goes over two."""
    if len(address) <= _ROW_LETTERS:
        return (address,)
    cut = address.index(":", len(address) // 2 - 1) + 1
    return address[:cut], address[cut:]


def _lines(scene: Scene) -> Iterator[StaffRowView]:
    """Every line of the room by its name and number, with its level and what is wrong with it."""
    say = scene.language.say
    for line in scene.state.staff.lines:
        mood = Mood.BAD if line.fault else Mood.IDLE if line.level is None else Mood.OK
        text = say(WORDS.get(line.fault, _SILENT)) if line.fault else say("all right")
        level = "" if line.level is None else f" = {line.level:g}"
        yield StaffRowView(
            icon="lightbulb",
            name=screen.ltr(scene, line.name),
            state=StateView(icon=_ICONS[mood], text=say("not tested") if mood is Mood.IDLE else text, mood=mood),
            measured=screen.ltr(scene, f"GPIO {line.number}{level}"),
        )


def restart(scene: Scene) -> RestartView:
    """Each program comes back by itself within seconds."""
    say = scene.language.say
    programs = (
        (Program.UI, "hand-pointing", say("Screen")),
        (Program.MEDIA, "video-camera", say("Video and sound")),
        (Program.DEVICE, "cpu", say("Control")),
    )
    return screen.fill(
        scene,
        RestartView,
        title=say("What shall start again?"),
        hint=say("It takes a few seconds."),
        programs=tuple(
            ButtonView(key=f"restart-{program}", text=text, icon=icon, intent=intents.RestartProgram(program=program))
            for program, icon, text in programs
        ),
        back=ButtonView(key="close", text=say("Back"), icon="arrow-left", intent=intents.CloseSheet()),
    )


def _row(scene: Scene, line: _Line) -> StaffRowView:
    found = [finding for part in line.parts if (finding := scene.state.health.of(part)) is not None]
    last = scene.state.self_test.last
    result = last.of(line.check) if last and line.check else None
    is_newer = any(finding.part in _NEWER and finding.grade is not Grade.UNKNOWN for finding in found)
    if is_newer and result is not None and result.verdict is not Verdict.PASSED:
        result = None
    figures = {**(result.figures if result else {}), **{k: v for one in found for k, v in one.figures.items()}}
    measured = scene.setting.version if Part.PROCESSES in line.parts else ", ".join(_measured(scene, figures))
    measured = screen.ltr(scene, measured)  # units stand behind their figures
    moment = last.ended if last and result is not None else scene.state.now
    return StaffRowView(
        icon=line.icon,
        name=_name(scene, line),
        state=_state(scene, result, found),
        measured=measured,
        time=scene.clock(moment) if result is not None or found else "",
    )


def _name(scene: Scene, line: _Line) -> str:
    t = scene.language
    return t.say_in("part", line.name) if line.check is Check.CAMERA else t.say(line.name)


def _state(scene: Scene, result: CheckResult | None, found: list[Finding]) -> StateView:
    """The worst of all; what nobody looked at is said to be so."""
    words = [(_MOODS[finding.grade], finding.reason) for finding in found]
    if result is not None:
        words.append((_VERDICTS[result.verdict], result.reason))
    say = scene.language.say
    if not words:
        return StateView(icon=_ICONS[Mood.IDLE], text=say("not tested"), mood=Mood.IDLE)
    mood, reason = min(words, key=lambda word: _URGENT.index(word[0]))
    if mood is Mood.OK:
        text = say("all right")
    elif mood is Mood.IDLE:
        text = say(WORDS[reason]) if reason in WORDS else say("not tested")
    else:
        text = say(WORDS.get(reason, _SILENT))
    return StateView(icon=_ICONS[mood], text=text, mood=mood)


def _measured(scene: Scene, figures: Mapping[str, float]) -> Iterator[str]:
    """The figures that say something to people."""
    say = scene.language.say
    units = {
        "temperature_c": "{} °C",
        "pictures_s": "{}/s",
        "round_trip_ms": "{} ms",
        "level_db": "{} dB",
        "offset_ms": "{} ms",
    }
    for name, unit in units.items():
        if name in figures:
            yield unit.format(round(figures[name])).replace("-", "\N{EN DASH}")
    if "loss_pct" in figures:
        yield f"{figures['loss_pct']:g} %"
    if "open_ms" in figures:
        yield f"{figures['open_ms'] / 1000:.1f} s"
    if "free_pct" in figures:
        yield say("{share} free", share=f"{figures['free_pct']:.0f} %")
    if "days_left" in figures:
        yield say("days left: {count}", count=round(figures["days_left"]))
    if "servers" in figures:
        yield f"{figures['working']:.0f}/{figures['servers']:.0f}"
    if "lamps" in figures:
        yield f"{figures['lamps'] - figures['silent']:.0f}/{figures['lamps']:.0f}"


def pin(scene: Scene) -> PinView:
    """Digits are shown as dots only."""
    say, one = scene.language.say, scene.state.staff
    hint = StateView()
    is_possible = not is_paused(scene.state)
    if one.paused_until is not None and not is_possible:
        minutes = ceil(scene.seconds_to(one.paused_until) / 60)
        hint = StateView(icon="hourglass-medium", text=say("Please wait {count} min.", count=minutes), mood=Mood.BUSY)
    elif one.is_wrong:
        hint = StateView(icon="x-circle", text=say("This number is not right."), mood=Mood.BAD)
    return screen.fill(
        scene,
        PinView,
        title=say("For staff: the number, please."),
        typed="\N{BULLET} " * len(one.typed),
        hint=hint,
        keys=(
            *(_digit(digit, is_possible) for digit in "1234567890"),
            ButtonView(
                key="delete",
                icon="backspace",
                text=say("Delete"),
                intent=intents.TypeDigit(digit=""),
                is_possible=is_possible and bool(one.typed),
            ),
            ButtonView(
                key="enter",
                text=say("Go on"),
                icon="check-circle",
                kind=Kind.PRIMARY,
                intent=intents.EnterPin(),
                is_possible=is_possible and bool(one.typed),
            ),
        ),
        back=ButtonView(key="close", text=say("Back"), icon="arrow-left", intent=intents.CloseSheet()),
    )


def _digit(digit: str, is_possible: bool) -> ButtonView:
    return ButtonView(key=f"digit-{digit}", text=digit, intent=intents.TypeDigit(digit=digit), is_possible=is_possible)
