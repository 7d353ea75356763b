"""With which key and certificate the agent comes to the broker."""

import os
import ssl
from pathlib import Path

import pytest
from msgspec.structs import replace

from device.broker import identity
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import ConfigurationError
from provisioning.authority import Authority


@pytest.fixture
def mqtt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mqtt:
    """Credentials in `loaded`, the authority and no certificate beside them."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "loaded"))
    authority = Authority.create(tmp_path / "authority")
    for name in ("loaded", "handed"):
        folder = tmp_path / name
        authority.issue("nord.r1", folder / "certificate.pem", folder / "mqtt-key")
        both = (folder / "mqtt-key").read_bytes() + (folder / "certificate.pem").read_bytes()
        (folder / "mqtt-key").write_bytes(both)
    return Mqtt(host="h", ca_file=authority.ca_file, certificate_file=tmp_path / "none.pem")


def _serial(context: ssl.SSLContext, authority: Path) -> str:
    """Of the certificate that a server is shown."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    folder = authority.parent.parent / "server"
    Authority(authority.parent).issue("broker", folder / "c.pem", folder / "k", hosts=["h"])
    server.load_cert_chain(folder / "c.pem", folder / "k")
    server.load_verify_locations(authority)
    server.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    far = server.wrap_bio(to_server, to_client, server_side=True)
    near = context.wrap_bio(to_client, to_server, server_hostname="h")
    for side in (near, far, near, far):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            pass
    certificate = far.getpeercert()
    assert certificate
    return str(certificate["serialNumber"])


def test_the_newer_of_what_was_loaded_and_what_was_handed_over_is_used(mqtt: Mqtt, tmp_path: Path) -> None:
    """A renewal comes while the unit runs; after the unit's next start the credential is the newer one."""
    loaded, handed = tmp_path / "loaded" / "mqtt-key", tmp_path / "handed"
    alone = _serial(identity.tls(mqtt), mqtt.ca_file)
    assert _serial(identity.tls(mqtt, tmp_path / "nothing-there"), mqtt.ca_file) == alone
    os.utime(loaded, ns=(1, 1))
    assert _serial(identity.tls(mqtt, handed), mqtt.ca_file) != alone
    os.utime(handed / "mqtt-key", ns=(0, 0))
    assert _serial(identity.tls(mqtt, handed), mqtt.ca_file) == alone


def test_how_long_the_certificate_is_good_is_that_of_the_one_in_use(mqtt: Mqtt, tmp_path: Path) -> None:
    """In the credential or in the file beside it; nothing where there is none, or what is there is none."""
    loaded = tmp_path / "loaded"
    life = identity.life(mqtt)
    assert life
    assert (life[1] - life[0]).days >= 825
    assert identity.life(replace(mqtt, key_credential="key")) is None
    (loaded / "mqtt-key").write_bytes(b"a key alone")
    assert identity.life(mqtt) is None
    assert identity.life(replace(mqtt, certificate_file=loaded / "certificate.pem")) == life
    (loaded / "mqtt-key").write_bytes(b"-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    assert identity.life(mqtt) is None


def test_a_terminal_whose_unit_had_no_credential_takes_what_is_handed_over(mqtt: Mqtt, tmp_path: Path) -> None:
    """Enrolled while the agent ran; before that it says what is missing."""
    (tmp_path / "loaded" / "mqtt-key").unlink()
    with pytest.raises(ConfigurationError, match="mqtt-key"):
        identity.tls(mqtt, tmp_path / "nothing-there")
    assert _serial(identity.tls(mqtt, tmp_path / "handed"), mqtt.ca_file)
