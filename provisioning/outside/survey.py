"""Everything that can be seen of a central side from outside, in one go; what is not reached is not asked further."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.contract import configuration
from kiosk.contract.errors import BrokerError, ConfigurationError
from kiosk.contract.links import MediaServer
from kiosk.contract.media import IceServer
from kiosk.runtime import janus, turn
from provisioning import host, plan
from provisioning.central.configuration import Central
from provisioning.outside import broker, services, way
from provisioning.outside.verdict import Result, Verdict, fault, skipped
from provisioning.outside.way import Way
from provisioning.turn import Relay

Ask = Callable[[], Awaitable[list[Verdict]]]
_OWN_RENEWAL = "provision central renew DIR, then install.sh on the server"
_PAGE_RENEWAL = "whoever issues the page's certificate; then systemctl reload nginx"


@dataclass(frozen=True, kw_only=True)
class House:
    """What is known of the installation; None is not looked at."""

    central: Central
    rooms: tuple[str, ...] = ()
    enrolment: str | None = None
    media_server: MediaServer | None = None
    relay: Relay | None = None


def known(central: Central, folder: Path) -> House:
    """What the files beside the central side's own say.

    Raises:
        ConfigurationError: one of them is wrong.
    """
    planned = plan.read(folder) if (folder / plan.FILE).exists() else None
    media, relay = folder / "media-server.toml", folder / "relay.toml"
    return House(
        central=central,
        rooms=tuple(planned.rooms) if planned else (),
        enrolment=planned.central.enrolment if planned else None,
        media_server=configuration.read(media, MediaServer) if media.exists() else None,
        relay=configuration.read(relay, Relay) if relay.exists() else None,
    )


async def survey(house: House, page_ca: Path | None = None) -> list[Verdict]:
    """Verdicts part by part; takes seconds.

    Args:
        page_ca: believed for the page, the media server and the relay, beside who the system and the installation do.

    Raises:
        ConfigurationError: the authority's certificate cannot be read.
    """
    mqtt = house.central.mqtt
    file = mqtt.ca_file
    try:
        own = ssl.create_default_context(cafile=str(file))
        public = janus.trust(file)
        if page_ca:
            file = page_ca
            public.load_verify_locations(file)
    except ssl.SSLError:
        raise ConfigurationError(f"{file}: no certificate of an authority in PEM") from None
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}") from None
    asked = asyncio.create_task(_broker(house, own), name="broker")
    parts = [_page(house, public), _enrolment(house, own), _media(house, public), _relay(house, public)]
    parts.append(_others(house, public, asked))
    return [verdict for verdicts in await asyncio.gather(asked, *parts) for verdict in verdicts]


async def _broker(house: House, own: ssl.SSLContext) -> list[Verdict]:
    mqtt = house.central.mqtt
    to = Way(part=broker.PART, host=mqtt.host, port=mqtt.port, unit="mosquitto", tls=own, renewal=_OWN_RENEWAL)
    verdicts = await way.look(to)
    if way.is_bad(verdicts):
        return verdicts
    verdicts.append(await broker.strangers(house.central))
    return verdicts + await asyncio.to_thread(broker.documents, house.central, house.rooms, bool(house.relay))


async def _page(house: House, tls: ssl.SSLContext) -> list[Verdict]:
    if not house.central.page:
        return [skipped(services.PAGE, "answer", "the central side's file names no `page`")]
    return await _web(services.PAGE, house.central.page, "nginx", tls, lambda: services.page(house.central.page, tls))


async def _enrolment(house: House, own: ssl.SSLContext) -> list[Verdict]:
    url = house.enrolment
    if not url:
        return [skipped(services.ENROLMENT, "answer", f"there is no {plan.FILE} beside the central side's file")]

    async def ask() -> list[Verdict]:
        return [await services.enrolment(url, house.central.mqtt.ca_file)]

    return await _web(services.ENROLMENT, url, "kiosk-enrolment", own, ask, _OWN_RENEWAL)


async def _media(house: House, tls: ssl.SSLContext) -> list[Verdict]:
    if not house.media_server:
        return [
            skipped(services.MEDIA_SERVER, "answer", "there is no media-server.toml beside the central side's file")
        ]
    return await _media_server(services.MEDIA_SERVER, house.media_server, tls)


async def _media_server(part: str, server: MediaServer, tls: ssl.SSLContext) -> list[Verdict]:
    async def ask() -> list[Verdict]:
        return [await services.media_server(server, tls, part)]

    return await _web(part, server.url, "nginx", tls, ask)


async def _relay(house: House, tls: ssl.SSLContext) -> list[Verdict]:
    if not house.relay:
        return [skipped(services.RELAY, "UDP", "there is no relay.toml beside the central side's file")]
    return await _turn(services.RELAY, services.credential(house.relay), tls)


async def _turn(part: str, server: IceServer, tls: ssl.SSLContext) -> list[Verdict]:
    name, port = turn.place(server.urls[0])
    verdicts = await way.look(Way(part=part, host=name, port=port, unit="coturn"))
    return verdicts if way.is_bad(verdicts) else verdicts + await services.relay(server, tls, part)


async def _others(house: House, tls: ssl.SSLContext, asked: "asyncio.Task[list[Verdict]]") -> list[Verdict]:
    """What the broker has told terminals to use beside the servers that our files name."""
    if not any(one.check == "log-in" and one.result is Result.OK for one in await asked):
        return []
    try:
        told = await asyncio.to_thread(broker.told, house.central)
    except BrokerError:
        return []  # the first time it let us in, and the next look will say more
    url = house.media_server.url if house.media_server else ""
    ours = turn.place(services.credential(house.relay).urls[0]) if house.relay else None
    parts = [
        _media_server(f"{services.MEDIA_SERVER} {urlsplit(one.url).netloc}", one, tls)
        for one in told.media_servers
        if one.url != url
    ]
    for one in told.relays:
        if (place := turn.place(one.urls[0])) != ours:
            parts.append(_turn(f"{services.RELAY} {place[0]}:{place[1]}", one, tls))
    return [verdict for verdicts in await asyncio.gather(*parts) for verdict in verdicts]


async def _web(
    part: str, url: str, unit: str, tls: ssl.SSLContext, ask: Ask, renewal: str = _PAGE_RENEWAL
) -> list[Verdict]:
    if not host.is_url(url, "https", "http", "wss", "ws"):
        return [fault(part, "name", f"{url!r} is no address", "correct it in the configuration")]
    split = urlsplit(url)
    is_secure = split.scheme in ("https", "wss")
    port = split.port or (443 if is_secure else 80)
    to = Way(
        part=part, host=split.hostname or "", port=port, unit=unit, tls=tls if is_secure else None, renewal=renewal
    )
    verdicts = await way.look(to)
    if way.is_bad(verdicts):
        return verdicts
    return verdicts + await ask()
