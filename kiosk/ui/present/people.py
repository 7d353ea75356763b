"""Partners in the visitor's words: name, office, what they come for. Plain look-ups in roster and directory."""

from collections.abc import Iterable

from kiosk.consultation.roster import need_of, office_words
from kiosk.contract.directory import Need
from kiosk.contract.state import Partner, Standing, State
from kiosk.ui.icons import ICONS
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.views import PersonRowView


def office(scene: Scene, partner: Partner) -> str:
    """What the partner's office is called; empty when nobody said."""
    return office_words(scene.state, partner, scene.language.tag)


def display_name(scene: Scene, partner: Partner) -> str:
    """The partner's name, else the office, else a word that is always right."""
    return partner.name.strip() or office(scene, partner) or scene.language.say("Partner")


def role(scene: Scene, partner: Partner) -> str:
    """Second line below a name: which language is interpreted, else the office."""
    need = need_of(scene.state, partner)
    if need is not None and need.interprets:
        if scene.form is Form.SMALL:
            return scene.language.say("interprets")
        language = scene.language.language(need.interprets)
        return scene.language.say("interprets {language}", language=language or scene.language.words(need.name))
    return office(scene, partner) if partner.name.strip() else ""


def icon(state: State, partner: Partner) -> str:
    """The sign of what the partner is here for."""
    need = need_of(state, partner)
    return need_icon(need) if need else "user"


def need_icon(need: Need) -> str:
    """The need's sign, or a signpost where the directory names one that the font has not."""
    return need.icon if need.icon in ICONS else "signpost"


def people(scene: Scene, partners: Iterable[Partner]) -> tuple[PersonRowView, ...]:
    """Those who are to be there, each with when or whether; who said no or has left is left out."""
    gone = (Standing.DECLINED, Standing.LEFT)
    return tuple(_person(scene, partner) for partner in partners if partner.standing not in gone)


def counsellor(scene: Scene) -> PersonRowView:
    """Who sits at the table with the customer; the terminal does not know a name."""
    say = scene.language.say
    return PersonRowView(icon="briefcase", name=say("Your counsellor"), detail=say("here in the room"))


def partner_row(scene: Scene, partner: Partner) -> PersonRowView:
    """Somebody in the round."""
    return PersonRowView(
        icon=icon(scene.state, partner), name=display_name(scene, partner), detail=role(scene, partner)
    )


def _person(scene: Scene, partner: Partner) -> PersonRowView:
    detail = _presence(scene, partner)
    second = role(scene, partner)
    if second:
        detail = scene.language.say("{office}, {presence}", office=second, presence=detail)
    return PersonRowView(icon=icon(scene.state, partner), name=display_name(scene, partner), detail=detail)


def _presence(scene: Scene, partner: Partner) -> str:
    say = scene.language.say
    if partner.standing is Standing.ADMITTED:
        return say("by video")
    if partner.standing is Standing.WAITING:
        return say("already waiting")
    start = next((booking.start for booking in scene.state.appointments if booking.number == partner.number), None)
    if start is not None and scene.state.now < start:
        return say("coming at {time}", time=scene.clock(start))
    return say("not here yet")
