"""The desk server's file: what it may say, and where its secrets come from."""

from pathlib import Path

import pytest

from kiosk.contract.errors import ConfigurationError
from kiosk.desk import configuration, pages
from kiosk.runtime import credential

GOOD = """
[listen]
port = 8443
[mqtt]
host = "broker"
ca_file = "ca.pem"
certificate_file = "certificate.pem"
"""


def test_good_file_is_read(tmp_path: Path) -> None:
    """What is left out has its usual value."""
    path = tmp_path / "desk.toml"
    path.write_text(GOOD)
    read = configuration.load(path)
    assert (read.listen.host, read.listen.port, read.listen.tls) == ("127.0.0.1", 8443, None)
    assert (read.mqtt.port, read.key_credential) == (8883, "desk-key")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("port = 8443", "port = 0"), "listen.port"),
        (("port = 8443", 'port = "x"'), "listen.port"),
        (("port = 8443", "prt = 8443"), "prt"),
        (('host = "broker"', ""), "host"),
        (("[listen]", 'time_zone = "Mars/Base"\n[listen]'), "time_zone"),
        (("[listen]", 'media_servers = ["https://media"]\n[listen]'), "media_servers"),
        (("[listen]", 'media_servers = ["wss://a; script-src *"]\n[listen]'), "media_servers"),
    ],
)
def test_bad_value_is_named(tmp_path: Path, change: tuple[str, str], place: str) -> None:
    """File and path stand in the error."""
    path = tmp_path / "desk.toml"
    path.write_text(GOOD.replace(*change))
    with pytest.raises(ConfigurationError, match=rf"desk\.toml.*{place}"):
        configuration.load(path)


def test_credential_is_a_file_in_the_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither folder nor file may be missing."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(ConfigurationError, match="CREDENTIALS_DIRECTORY"):
        credential.path_of("desk-key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(ConfigurationError, match="desk-key"):
        credential.path_of("desk-key")
    (tmp_path / "desk-key").touch()
    assert credential.path_of("desk-key") == tmp_path / "desk-key"


def test_page_may_connect_to_the_media_servers_of_the_file(tmp_path: Path) -> None:
    """And to nobody else beside its own server."""
    path = tmp_path / "desk.toml"
    path.write_text('media_servers = ["wss://media-1.example.org:8989", "wss://*.media.example.org"]' + GOOD)
    said = pages.policy(configuration.load(path).media_servers)
    assert "connect-src 'self' wss://media-1.example.org:8989 wss://*.media.example.org; " in said
    assert "connect-src 'self'; " in pages.policy(())
