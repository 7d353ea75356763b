"""The conversation: stage, tiles, who waits at the door, and the five buttons."""

from collections.abc import Sequence

from kiosk.consultation import roster
from kiosk.contract import intents
from kiosk.contract.media import Showing
from kiosk.contract.state import Partner, Session, Standing
from kiosk.ui.present import people, phrases, screen, table
from kiosk.ui.present.plate import camera_lamp, microphone_lamp
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.present.stage import CAMERA, arrange, screen_tile, stage_view, tile_view
from kiosk.ui.present.views import SessionView
from kiosk.ui.views import ButtonView, ChipView, Kind, Lamp, TileView


def session(scene: Scene, running: Session) -> SessionView:
    """The screen of a running session."""
    admitted = roster.all_admitted(scene.state)
    before = scene.before.speaker.key if isinstance(scene.before, SessionView) else ""
    order = arrange(scene.state, admitted, scene.places.tiles, before.removesuffix(f"/{CAMERA}"))
    view = screen.fill(
        scene,
        SessionView,
        chip=_chip(scene, running),
        bar=_bar(scene, running),
        stage=stage_view(scene, running, order.on_stage),
        speaker=tile_view(scene, order.speaker) if order.speaker else TileView(),
        tiles=(
            *((screen_tile(scene, running, order.beside),) if order.beside else ()),
            *(tile_view(scene, partner) for partner in order.tiles),
        ),
        more=_more(scene, order.hidden),
        seats=table.seats(scene.state),
    )
    return view if admitted or order.on_stage else _alone(scene, running, view)


def _alone(scene: Scene, running: Session, view: SessionView) -> SessionView:
    say = scene.language.say
    expected = people.people(scene, running.partners)
    if expected:
        empty = say("Nobody has joined yet.")
    elif any(partner.standing is Standing.LEFT for partner in running.partners):
        empty = say("Nobody is with you any more.")
    else:
        empty = say("You can bring somebody in.")
    rows = expected[: scene.places.people]
    return screen.changed(view, empty=empty, people=rows)


def _more(scene: Scene, hidden: Sequence[Partner]) -> ButtonView:
    if not hidden:
        return ButtonView()
    t = scene.language
    return ButtonView(
        key="more-partners",
        text=screen.ltr(scene, f"+{len(hidden)}"),
        icon="users",
        intent=intents.OpenShow(),
        speech=t.count_of("{count} more person", "{count} more people", len(hidden)),
    )


def _chip(scene: Scene, running: Session) -> ChipView:
    """The partner who has waited longest; else the ring that goes on below."""
    waiting = sorted(
        (partner for partner in running.partners if partner.standing is Standing.WAITING),
        key=lambda partner: partner.knocked_at or scene.state.now,
    )
    if not waiting:
        return _ringing(scene, running)
    t, first = scene.language, waiting[0]
    phrase = phrases.IS_BACK if first.admitted_at else phrases.WAITS
    detail = people.office(scene, first) if first.name.strip() else ""
    if len(waiting) > 1:
        detail = t.count_of("and {count} more person", "and {count} more people", len(waiting) - 1)
    return ChipView(
        key="chip",
        text=phrases.about(t, phrase, people.display_name(scene, first)),
        detail=detail,
        intent=intents.OpenDoor(call=first.call),
    )


def _ringing(scene: Scene, running: Session) -> ChipView:
    ring = running.ring
    if ring is None or ring.is_over:
        return ChipView()
    need = roster.find_need(scene.state, ring.need)
    return ChipView(
        key="chip",
        icon="phone-call",
        text=scene.language.say("We are calling"),
        detail=scene.language.words(need.name) if need else "",
        intent=intents.OpenNeeds(),
    )


def _bar(scene: Scene, running: Session) -> tuple[ButtonView, ...]:
    t, is_small = scene.language, scene.form is Form.SMALL
    add = t.say_in("small", "Bring in") if is_small else t.say("Bring in")
    end = t.say_in("small", "End") if is_small else t.say("End")
    return (
        _microphone(scene, running),
        _camera(scene, running),
        _show(scene, running),
        ButtonView(key="add", text=add, icon="user-plus", intent=intents.OpenNeeds()),
        ButtonView(key="end", text=end, icon="phone-x", kind=Kind.DANGER, intent=intents.OpenEnd()),
    )


def _show(scene: Scene, running: Session) -> ButtonView:
    """Plum while the room shows something."""
    is_showing = running.showing is not Showing.NOTHING
    return ButtonView(
        key="show",
        text=scene.language.say("Show"),
        icon="screencast",
        kind=Kind.SHARE if is_showing else Kind.SECONDARY,
        intent=intents.OpenShow(),
    )


def _microphone(scene: Scene, running: Session) -> ButtonView:
    t = scene.language
    if scene.state.room.is_mute_switch_on and not running.is_paused:
        return _switched_off(scene)
    is_on = running.microphone_wanted and not running.is_paused and microphone_lamp(scene) is not Lamp.FAULT
    return ButtonView(
        key="microphone",
        text=t.say_in("small", "Microphone") if scene.form is Form.SMALL else t.say("Microphone"),
        icon="microphone" if is_on else "microphone-slash",
        intent=intents.SetMicrophone(is_on=not running.microphone_wanted),
        is_possible=not running.is_paused,
        tag=t.say_in("microphone", "ON") if is_on else t.say_in("microphone", "OFF"),
        is_tag_on=is_on,
        speech=t.say("Switch the microphone off") if is_on else t.say("Switch the microphone on"),
    )


def _switched_off(scene: Scene) -> ButtonView:
    """By the switch on the table, which no touch can overrule: a touch says so."""
    t = scene.language
    return ButtonView(
        key="microphone",
        text=t.say_in("small", "Microphone") if scene.form is Form.SMALL else t.say("Microphone"),
        icon="microphone-slash",
        intent=intents.SetMicrophone(is_on=True),
        tag=t.say_in("microphone", "by switch"),
        speech=t.say("The switch on the table is on mute."),
    )


def _camera(scene: Scene, running: Session) -> ButtonView:
    t = scene.language
    is_on = running.camera_wanted and not running.is_paused and camera_lamp(scene) is not Lamp.FAULT
    return ButtonView(
        key="camera",
        text=t.say("Camera"),
        icon="video-camera" if is_on else "video-camera-slash",
        intent=intents.SetCamera(is_on=not running.camera_wanted),
        is_possible=not running.is_paused,
        tag=t.say_in("camera", "ON") if is_on else t.say_in("camera", "OFF"),
        is_tag_on=is_on,
        speech=t.say("Switch the camera off") if is_on else t.say("Switch the camera on"),
    )
