"""Desk server, enrolment server, media server and relay, each asked for what terminals and partners ask of it."""

import asyncio
import secrets
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from cryptography.hazmat.primitives import hashes

from kiosk.contract.errors import ConfigurationError, MediaServerError
from kiosk.contract.links import MediaServer
from kiosk.contract.media import IceServer
from kiosk.runtime import janus, turn
from provisioning.authority import read_certificate
from provisioning.enrolment import est
from provisioning.outside.verdict import Verdict, fault, ok, skipped
from provisioning.outside.way import TIMEOUT_S
from provisioning.turn import Relay, ice_servers

PAGE, ENROLMENT, MEDIA_SERVER, RELAY = "page", "enrolment", "media server", "relay"
_MOST_OFFSET_S = 5.0
"""Beyond it credentials that expire, and certificates that begin, are misjudged."""
_TRIAL_S = 60


async def page(url: str, tls: ssl.SSLContext) -> list[Verdict]:
    """The desk server behind its proxy, and its clock."""
    address = f"{url.rstrip('/')}/health"
    try:
        status, headers, body = await _get(address, tls)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        remedy = "systemctl status nginx kiosk-desk; journalctl -u kiosk-desk"
        return [fault(PAGE, "answer", f"{address}: {_said(error)}", remedy)]
    if status == 503 and b"broker" in body:
        remedy = "its way to the broker or its certificate: journalctl -u kiosk-desk"
        return [fault(PAGE, "answer", "the desk server runs, and does not reach the broker", remedy), _clock(headers)]
    if status in (502, 503, 504):
        detail = f"the proxy answers {status}: the desk server behind it does not"
        return [fault(PAGE, "answer", detail, "systemctl status kiosk-desk; journalctl -u kiosk-desk")]
    if status != 200 or b"broker" not in body:
        remedy = "something else answers under that name: the proxy's site, sites-enabled/rundtisch"
        return [fault(PAGE, "answer", f"{address}: HTTP {status}, and not the desk server's words", remedy)]
    return [ok(PAGE, "answer", "the desk server answers, and reaches the broker"), _clock(headers)]


async def enrolment(url: str, ca_file: Path) -> Verdict:
    """Whether it hands out the authority by which terminals know this installation."""
    address = f"{url.rstrip('/')}{est.AUTHORITY}"
    remedy = "systemctl status kiosk-enrolment; journalctl -u kiosk-enrolment"
    try:
        wanted = read_certificate(ca_file).fingerprint(hashes.SHA256()).hex()
        status, _, body = await _get(address, ssl.create_default_context(cafile=str(ca_file)))
        shown = est.unwrap(body) if status == 200 else []
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return fault(ENROLMENT, "answer", f"{address}: {_said(error)}", remedy)
    except (ConfigurationError, ValueError) as error:
        return fault(ENROLMENT, "answer", f"{address}: {error}", remedy)
    if not shown:
        return fault(ENROLMENT, "answer", f"{address}: HTTP {status}", remedy)
    if wanted not in (one.fingerprint(hashes.SHA256()).hex() for one in shown):
        detail = "hands out another authority than the plan's"
        return fault(ENROLMENT, "answer", detail, "the plan's `ca_file`, or enrolment.toml's `authority_directory`")
    return ok(ENROLMENT, "answer", f"hands out the authority {wanted[:16]}…")


async def media_server(server: MediaServer, tls: ssl.SSLContext, part: str) -> Verdict:
    """Makes a round's room and takes it away again."""
    room = secrets.token_hex(8)
    try:
        async with janus.connected(server.url, tls=tls) as session:
            handle = await session.attach(lambda event: None)
            wish = {"room": room, "admin_key": server.key, "is_private": True, "permanent": False}
            await handle.request({"request": "create", **wish})
            await handle.request({"request": "destroy", "room": room})
    except MediaServerError as error:
        remedy = "systemctl status janus; the proxy's location /janus"
        if error.code:
            remedy = "media-server.toml and janus.plugin.videoroom.jcfg have to have the same key"
        return fault(part, "answer", f"{server.url}: {error.detail}", remedy)
    return ok(part, "answer", "a room was made and taken away")


def credential(relay: Relay) -> IceServer:
    """One for us, that is soon worth nothing."""
    return ice_servers(relay, "check", int(time.time()) + _TRIAL_S)[1]


async def relay(server: IceServer, tls: ssl.SSLContext, part: str) -> list[Verdict]:
    """An address by UDP, TCP and TLS, each given back."""
    return list(await asyncio.gather(*(_allocation(server, url, tls, part) for url in server.urls)))


async def _allocation(server: IceServer, url: str, tls: ssl.SSLContext, part: str) -> Verdict:
    check = "TLS" if url.startswith("turns") else url.rpartition("=")[2].upper()
    try:
        await turn.allocate(IceServer(urls=(url,), username=server.username, credential=server.credential), tls)
    except MediaServerError as error:
        remedy = "systemctl status coturn; the firewall has to let that port and the relay's ports in"
        if error.code == 401:
            remedy = "relay.toml and turnserver.conf have to have the same secret, and both clocks have to be right"
        return fault(part, check, f"{url}: {error.detail}", remedy)
    return ok(part, check, "an address was given")


def _clock(headers: Mapping[str, str]) -> Verdict:
    try:
        there = parsedate_to_datetime(headers["Date"])
    except (KeyError, ValueError):
        return skipped(PAGE, "clock", "the answer has no date")
    offset_s = (there - datetime.now(UTC)).total_seconds()
    # The header knows no fractions: what it says began up to a second ago.
    if not -_MOST_OFFSET_S - 1 <= offset_s <= _MOST_OFFSET_S:
        remedy = "timedatectl on the server and here: NTP has to be on, and its servers reachable"
        return fault(PAGE, "clock", f"the server's is {offset_s:+.0f} s from this machine's", remedy)
    return ok(PAGE, "clock", "the server's and this machine's agree")


async def _get(url: str, tls: ssl.SSLContext) -> tuple[int, Mapping[str, str], bytes]:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        async with session.get(url, ssl=tls, allow_redirects=False) as response:
            return response.status, dict(response.headers), await response.content.read(65_536)


def _said(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
