"""The relay's configuration, and credentials that expire."""

import base64
import hashlib
import hmac
import tomllib
from pathlib import Path

import pytest

from provisioning import turn
from provisioning.turn import Relay

SECRET = "s" * 32


def test_a_credential_is_signed_with_the_relays_secret():
    """`expiry:name` and its HMAC-SHA1, as coturn's `use-auth-secret` checks it."""
    _, server = turn.ice_servers(Relay(host="turn.example.org", secret=SECRET), "nord.r1", 1_800_000_000)
    assert server.username == "1800000000:nord.r1"
    signature = hmac.new(SECRET.encode(), server.username.encode(), hashlib.sha1).digest()
    assert server.credential == base64.b64encode(signature).decode()


@pytest.mark.parametrize(
    ("relay", "urls"),
    [
        (
            Relay(host="turn.example.org", secret=SECRET),
            ("turn:turn.example.org:3478?transport=udp", "turn:turn.example.org:3478?transport=tcp"),
        ),
        (
            Relay(host="2001:db8::1", secret=SECRET, port=80, tls_port=443),
            (
                "turn:[2001:db8::1]:80?transport=udp",
                "turn:[2001:db8::1]:80?transport=tcp",
                "turns:[2001:db8::1]:443?transport=tcp",
            ),
        ),
    ],
)
def test_every_transport_of_a_relay_is_named(relay: Relay, urls: tuple[str, ...]):
    """UDP first; TLS only where the relay has a certificate. STUN comes for nothing."""
    stun, server = turn.ice_servers(relay, "nord.r1", 1)
    assert server.urls == urls
    assert stun.urls[0].startswith("stun:")


def test_the_folder_of_a_relay_is_its_owners(tmp_path: Path):
    """The secret is in both files, and nobody else may read them."""
    relay = turn.write(tmp_path / "relay", host="turn.example.org", address="192.0.2.1")
    assert tomllib.loads(turn.file_of(tmp_path / "relay").read_text())["secret"] == relay.secret
    text = (tmp_path / "relay" / "turnserver.conf").read_text()
    assert f"static-auth-secret={relay.secret}\n" in text
    assert "no-tls\n" in text
    assert relay.tls_port is None
    files = list((tmp_path / "relay").iterdir())
    assert all(file.stat().st_mode & 0o77 == 0 for file in (tmp_path / "relay", *files))
