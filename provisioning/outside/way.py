"""The way to a part of the central side: its name, its port, its certificate; each fault with what mends it."""

import asyncio
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from provisioning.outside.verdict import Verdict, fault, ok

TIMEOUT_S = 5.0
SOON = timedelta(days=14)
"""A certificate that ends before is a fault already."""
_EXPIRED, _NOT_YET, _NAME = {10}, {9}, {62, 64}
"""X509_V_ERR_*, see openssl-verification-options(1)."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """To one part."""

    part: str
    host: str
    port: int
    unit: str
    """Of systemd, on the server."""
    tls: ssl.SSLContext | None = None
    """Whom to believe; None: no TLS here."""
    renewal: str = "see who issued it"
    """How its certificate is renewed."""
    timeout_s: float = TIMEOUT_S

    @property
    def where(self) -> str:
        return f"{self.host}:{self.port}"


async def look(way: Way) -> list[Verdict]:
    """Name, port and certificate, as far as one gets; the last verdict says whether all of it holds."""
    try:
        async with asyncio.timeout(way.timeout_s):
            found = await asyncio.get_running_loop().getaddrinfo(way.host, way.port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:  # the last for `a..b`, which is no name at all
        said = "no answer from the name server" if isinstance(error, TimeoutError) else "there is no such name"
        remedy = f"add an A or AAAA record for {way.host}, or correct the name in the configuration"
        return [fault(way.part, "name", f"{way.host}: {said}", remedy)]
    addresses = sorted({str(entry[4][0]) for entry in found})
    verdicts = [ok(way.part, "name", f"{way.host} is {', '.join(addresses)}"), await _port(way)]
    if way.tls and not is_bad(verdicts):
        verdicts.append(await _certificate(way, way.tls))
    return verdicts


def is_bad(verdicts: list[Verdict]) -> bool:
    """Whether going on makes no sense."""
    return verdicts[-1].result != "ok"


async def _port(way: Way) -> Verdict:
    try:
        async with asyncio.timeout(way.timeout_s):
            _, writer = await asyncio.open_connection(way.host, way.port)
        writer.close()
    except TimeoutError:
        remedy = "a firewall drops it: nft list table inet rundtisch on the server, and what lies between"
        return fault(way.part, "port", f"{way.where}: no answer", remedy)
    except ConnectionRefusedError:
        remedy = f"nobody listens there: systemctl status {way.unit}; journalctl -u {way.unit}"
        return fault(way.part, "port", f"{way.where}: refused", remedy)
    except OSError as error:
        remedy = "there is no way to that address: cable, routes, address of the server"
        return fault(way.part, "port", f"{way.where}: {error.strerror or error}", remedy)
    return ok(way.part, "port", f"{way.where} answers")


async def _certificate(way: Way, tls: ssl.SSLContext) -> Verdict:
    try:
        certificate = await _shown(way, tls)
    except ssl.SSLCertVerificationError as error:
        return await _distrusted(way, error)
    except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError) as error:
        said = getattr(error, "reason", None) or "closed the connection"
        remedy = f"is it {way.part} that listens there? It should speak TLS 1.2 or later: journalctl -u {way.unit}"
        return fault(way.part, "certificate", f"{way.where}: TLS fails: {said}", remedy)
    except TimeoutError:
        remedy = f"something else than {way.part} listens there, or it hangs: systemctl restart {way.unit}"
        return fault(way.part, "certificate", f"{way.where}: no TLS in time", remedy)
    ends = certificate.not_valid_after_utc
    if ends - datetime.now(UTC) < SOON:
        return fault(way.part, "certificate", f"ends on {ends:%Y-%m-%d %H:%M} UTC", f"renew it: {way.renewal}")
    return ok(way.part, "certificate", f"good for {way.host} until {ends:%Y-%m-%d}")


async def _shown(way: Way, tls: ssl.SSLContext) -> x509.Certificate:
    async with asyncio.timeout(way.timeout_s):
        _, writer = await asyncio.open_connection(way.host, way.port, ssl=tls, server_hostname=way.host)
    try:
        shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    finally:
        writer.transport.abort()
    return x509.load_der_x509_certificate(shown)


async def _distrusted(way: Way, error: ssl.SSLCertVerificationError) -> Verdict:
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    try:
        shown = await _shown(way, blind)
    except (OSError, TimeoutError, ValueError):
        return fault(way.part, "certificate", f"{way.where}: {error.verify_message}", f"renew it: {way.renewal}")
    code = error.verify_code
    if code in _EXPIRED:
        detail, remedy = f"ended on {shown.not_valid_after_utc:%Y-%m-%d %H:%M} UTC", f"renew it: {way.renewal}"
    elif code in _NOT_YET:
        detail = f"begins on {shown.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        remedy = "one of the clocks is wrong: timedatectl on the server and here"
    elif code in _NAME:
        detail = f"is for {', '.join(_names(shown)) or 'nobody'}, not for {way.host}"
        remedy = f"reach it under that name, or have one issued for {way.host}"
    else:
        issuer = shown.issuer.rfc4514_string()
        detail = f"signed by {issuer}, who is not believed here ({error.verify_message})"
        remedy = "the server has to send the whole chain; if it is another authority, somebody is in between"
    return fault(way.part, "certificate", detail, remedy)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in found]
