"""Bytes from servers that are silent, somebody else's, or no servers of ours at all."""

import socket
import ssl
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning.authority import Authority
from provisioning.update.fetch import Fetcher
from tests.fakes.releases import web_server

_FAST_KBPS = 1_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "public").mkdir()
    (tmp_path / "public/bundle.tar").write_bytes(bytes(1000))
    return tmp_path / "public"


def _refused(fetcher: Fetcher, url: str, part: Path) -> Cause:
    with pytest.raises(ReleaseError) as refused:
        fetcher.load(url, part, 1000)
    return refused.value.cause


def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    """It takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/bundle.tar"
        fetcher = Fetcher(_FAST_KBPS, silence_s=0.2)
        assert _refused(fetcher, url, tmp_path / "part") is Cause.NO_SERVER
        with pytest.raises(DownloadError):
            fetcher.download_bytes(url, 1000)


def test_nobody_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert _refused(Fetcher(_FAST_KBPS), f"http://127.0.0.1:{port}/bundle.tar", tmp_path / "part") is Cause.NO_SERVER
    assert _refused(Fetcher(_FAST_KBPS), f"file://{tmp_path}/none.tar", tmp_path / "part") is Cause.NO_SERVER


def test_the_house_s_own_authority_is_trusted_and_no_other(folder: Path, tmp_path: Path) -> None:
    """TLS is not what makes a release believed; but who is in the middle should not even see what is asked for."""
    ours, others = Authority.create(tmp_path / "ours"), Authority.create(tmp_path / "others")
    ours.issue("web", tmp_path / "web.pem", tmp_path / "web-key.pem", hosts=("127.0.0.1",))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "web.pem", tmp_path / "web-key.pem")
    with web_server(folder, context=context) as server:
        url = f"{server.url}/bundle.tar"
        assert url.startswith("https:")
        Fetcher(_FAST_KBPS, ours.ca_file).load(url, tmp_path / "part", 1000)
        assert (tmp_path / "part").stat().st_size == 1000
        for fetcher in (Fetcher(_FAST_KBPS, others.ca_file), Fetcher(_FAST_KBPS)):
            assert _refused(fetcher, url, tmp_path / "other") is Cause.NO_SERVER
    assert (tmp_path / "other").stat().st_size == 0


def test_a_part_that_is_too_long_is_begun_anew(folder: Path, tmp_path: Path) -> None:
    """Left of another bundle, or broken on the disk."""
    (tmp_path / "part").write_bytes(bytes(2000))
    Fetcher(_FAST_KBPS).load(f"file://{folder}/bundle.tar", tmp_path / "part", 1000)
    assert (tmp_path / "part").read_bytes() == bytes(1000)
