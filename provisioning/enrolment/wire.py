"""The terminal's way to the enrolment server: pinned to the authority's fingerprint; each failure has its plain name.

First the authority's certificate is fetched from whoever answers and compared with the fingerprint; nothing secret goes
that way. Everything else trusts that authority alone.
"""

import base64
import errno
import http.client
import json
import os
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from provisioning.enrolment import est, routes
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.identity import Identity

_TIMEOUT_S = 15.0
_DEFAULT_PORT = 443
_PROXY_PORT = 3128
_NOT_YET_VALID, _EXPIRED, _NAME_MISMATCHES = 9, {10}, {62, 64}
"""X509_V_ERR_*, see openssl-verification-options(1)."""


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    kind: str
    retry_s: float


@dataclass(frozen=True)
class Server:
    """The enrolment server at `url`, whose authority has `fingerprint`; an empty one takes the first that comes."""

    url: str
    fingerprint: str

    def authority(self) -> x509.Certificate:
        """The certificate of the authority that everything else is checked with.

        Raises:
            FaultError: there is no way, or another authority.
        """
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        answer = self._ask(blind, "GET", est.AUTHORITY)
        if 300 <= answer.status < 400 or "html" in answer.kind:
            raise FaultError(Fault.SIGN_IN_PAGE, f"HTTP {answer.status}, {answer.kind or 'no type'}")
        if answer.status != 200:
            raise FaultError(Fault.NOT_THE_SERVER, f"HTTP {answer.status}")
        try:
            certificates = est.unwrap(answer.body)
        except ValueError:
            raise FaultError(Fault.NOT_THE_SERVER, "no certificates in its answer") from None
        for certificate in certificates:
            if self.fingerprint in ("", certificate.fingerprint(hashes.SHA256()).hex()):
                return certificate
        seen = certificates[0].fingerprint(hashes.SHA256()).hex() if certificates else "nothing"
        raise FaultError(Fault.FINGERPRINT_WRONG, f"expected {self.fingerprint[:16]}…, found {seen[:16]}…")

    def enrol(
        self, authority: x509.Certificate, der: bytes, terminal: str, token: str
    ) -> list[x509.Certificate] | None:
        """The answer to a request; without a token None as long as staff have not said yes. Raises FaultError."""
        headers = {"Content-Type": est.REQUEST_TYPE}
        if token:
            login = base64.b64encode(f"{terminal}:{token}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        answer = self._ask(_trusting(authority), "POST", est.ENROL, est.wrap_request(der), headers)
        if answer.status == 202 and not token:
            return None
        return _certificates(answer)

    def renew(self, authority: x509.Certificate, der: bytes, identity: Identity) -> list[x509.Certificate]:
        """Raises FaultError."""
        headers = {"Content-Type": est.REQUEST_TYPE}
        return _certificates(
            self._ask(_trusting(authority, identity), "POST", est.RENEW, est.wrap_request(der), headers)
        )

    def confirm(self, authority: x509.Certificate, identity: Identity) -> None:
        """The certificate before this one is not used any more. Raises FaultError."""
        answer = self._ask(_trusting(authority, identity), "POST", est.CONFIRM)
        if answer.status != 204:
            raise _refusal(answer)

    def _ask(
        self, context: ssl.SSLContext, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> _Answer:
        proxy = _proxy(urlsplit(self.url).hostname or "")
        connection = _connection(self.url, context, proxy)
        try:
            with _named_faults(self.url, proxy):
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                retry = answer.getheader("Retry-After", "")
                return _Answer(
                    answer.status,
                    answer.read(est.MAX_BYTES),
                    answer.getheader("Content-Type", "").lower(),
                    float(retry) if retry.isdigit() else 0.0,
                )
        finally:
            connection.close()


def _proxy(host: str) -> tuple[str, int] | None:
    """The house's, where the environment names one for this host."""
    named = urlsplit(urllib.request.getproxies().get("https", ""))
    if not named.hostname or urllib.request.proxy_bypass(host):
        return None
    return named.hostname, named.port or _PROXY_PORT


def _connection(url: str, context: ssl.SSLContext, proxy: tuple[str, int] | None) -> http.client.HTTPSConnection:
    """Not opened yet. A proxy hands TLS on as it is."""
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or _DEFAULT_PORT
    if proxy:
        by_proxy = http.client.HTTPSConnection(*proxy, timeout=_TIMEOUT_S, context=context)
        by_proxy.set_tunnel(host, port)
        return by_proxy
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)


@contextmanager
def _named_faults(url: str, proxy: tuple[str, int] | None) -> Iterator[None]:
    """What Python raises, sorted by what somebody can do about it. A proxy is all that is looked up or called."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise _distrust(error) from None
    except ssl.SSLError as error:
        raise _alert(error) from None
    except socket.gaierror as error:
        known = Fault.PROXY_MISSING if proxy else Fault.NAME_UNKNOWN
        fault = known if routes.lead_out() else Fault.NO_NETWORK
        raise FaultError(fault, f"{proxy[0] if proxy else urlsplit(url).hostname}: {error.strerror}") from None
    except http.client.HTTPException as error:
        raise FaultError(Fault.NOT_THE_SERVER, f"no HTTP: {type(error).__name__}") from None
    except TimeoutError:
        raise FaultError(Fault.UNREACHABLE, f"{url}: no answer within {_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        is_cut_off = error.errno == errno.ENETUNREACH or not routes.lead_out()
        if proxy and not is_cut_off and error.errno in (errno.ECONNREFUSED, errno.EHOSTUNREACH):
            raise FaultError(Fault.PROXY_MISSING, f"{proxy[0]}:{proxy[1]}: {error.strerror}") from None
        fault = Fault.NO_NETWORK if is_cut_off else Fault.UNREACHABLE
        raise FaultError(fault, f"{url}: {error.strerror or error}") from None


def _trusting(authority: x509.Certificate, identity: Identity | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the authority may be one below another's
    context.load_verify_locations(cadata=authority.public_bytes(serialization.Encoding.DER))
    if identity:
        _show(context, identity)
    return context


def _show(context: ssl.SSLContext, identity: Identity) -> None:
    """`ssl` takes keys from files only; this one is in memory."""
    descriptor = os.memfd_create("identity", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, identity.pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)


def _distrust(error: ssl.SSLCertVerificationError) -> FaultError:
    seen = error.verify_message
    if error.verify_code == _NOT_YET_VALID:
        return FaultError(Fault.CLOCK_WRONG, seen)
    if error.verify_code in _EXPIRED:
        return FaultError(Fault.SERVER_EXPIRED, seen)
    if error.verify_code in _NAME_MISMATCHES:
        return FaultError(Fault.SERVER_NAME_WRONG, seen)
    return FaultError(Fault.MAN_IN_THE_MIDDLE, seen)


def _alert(error: ssl.SSLError) -> FaultError:
    reason = error.reason or ""
    if "CERTIFICATE_EXPIRED" in reason:
        return FaultError(Fault.CERTIFICATE_EXPIRED, reason)
    if "ALERT" in reason and ("UNKNOWN_CA" in reason or "CERTIFICATE" in reason):
        return FaultError(Fault.CERTIFICATE_UNKNOWN, reason)
    return FaultError(Fault.NOT_THE_SERVER, f"no TLS: {reason or error}")


def _certificates(answer: _Answer) -> list[x509.Certificate]:
    if answer.status != 200:
        raise _refusal(answer)
    try:
        return est.unwrap(answer.body)
    except ValueError:
        raise FaultError(Fault.ANSWER_WRONG, "no certificates in it") from None


def _refusal(answer: _Answer) -> FaultError:
    try:
        said = json.loads(answer.body)
        fault = Fault(said["fault"])
    except (ValueError, KeyError, TypeError):
        fault = Fault.SERVER_FAULT if answer.status >= 500 else Fault.NOT_THE_SERVER
    return FaultError(fault, f"HTTP {answer.status}", answer.retry_s)
