"""The configuration of a media server, where there is no media server to read it."""

from pathlib import Path

import pytest

from kiosk.contract import configuration
from kiosk.contract.errors import ConfigurationError
from kiosk.contract.links import MediaServer
from provisioning import janus
from provisioning.demo import installation, options


def test_what_agents_have_to_know_lies_beside_it(tmp_path: Path):
    """The file that `provision media-server push` takes; the key is the same as Janus's."""
    server = janus.write(tmp_path / "j", address="10.0.0.1", port=8188)
    assert server.url == "ws://10.0.0.1:8188"
    assert configuration.read(janus.file_of(tmp_path / "j"), MediaServer) == server
    assert f'admin_key = "{server.key}"' in (tmp_path / "j" / "janus.plugin.videoroom.jcfg").read_text()


def test_two_servers_have_two_keys(tmp_path: Path):
    """Whoever knows one makes no rooms on the other."""
    made = [janus.write(tmp_path / name, address="10.0.0.1", port=8188) for name in "ab"]
    assert made[0].key != made[1].key


def test_a_certificate_makes_it_speak_tls_only(tmp_path: Path):
    """Pages that came by https may connect nowhere else."""
    server = janus.write(
        tmp_path / "j",
        address="10.0.0.1",
        port=8989,
        certificate=(Path("/etc/c.pem"), Path("/etc/k.pem")),
        media_addresses=("10.0.0.1",),
        media_ports="20000-20100",
    )
    text = (tmp_path / "j" / "janus.transport.websockets.jcfg").read_text()
    assert server.url == "wss://10.0.0.1:8989"
    assert "ws = false" in text
    assert "wss_port = 8989" in text
    assert 'cert_key = "/etc/k.pem"' in text
    general = (tmp_path / "j" / "janus.jcfg").read_text()
    assert 'rtp_port_range = "20000-20100"' in general
    assert 'ice_enforce_list = "10.0.0.1"' in general


def test_where_janus_is_missing_the_demo_says_so(monkeypatch: pytest.MonkeyPatch):
    """Before anything is started; in words that tell where it is offered."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ConfigurationError, match="Debian 13 and Raspberry Pi OS do not"):
        with installation.build(options.parse(["--engine", "janus"])):
            pass


def test_an_unknown_engine_is_refused(capsys: pytest.CaptureFixture[str]):
    """With the engines there are."""
    with pytest.raises(SystemExit):
        options.parse(["--engine", "zoom"])
    assert "mesh" in capsys.readouterr().err
