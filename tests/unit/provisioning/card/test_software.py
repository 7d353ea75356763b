"""Which software goes on a card: what real keys have signed and the house has rolled out, and nothing else."""

from pathlib import Path

import pytest

from kiosk.contract.errors import CardError, ConfigurationError, RundtischError
from provisioning.card.software import Releases
from provisioning.card.system import System
from tests.fakes.releases import Publisher, web_server


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """With a release for Trixie."""
    made = Publisher(tmp_path_factory.mktemp("people"))
    made.release(7, machine="aarch64-cp313")
    return made


def _releases(publisher: Publisher, workspace: Path) -> Releases:
    return Releases(str(publisher.repository.directory), None, workspace)


def test_what_is_rolled_out_is_taken(publisher: Publisher, tmp_path: Path) -> None:
    """With the file of trust from which a terminal finds all later ones."""
    found = _releases(publisher, tmp_path)(System.TRIXIE)
    assert found.bundle.read_bytes() == (publisher.folder / "7.tar").read_bytes()
    assert found.trust.read_bytes() == publisher.root_file.read_bytes()


def test_a_server_may_have_them_where_somebody_vouches(publisher: Publisher, tmp_path: Path) -> None:
    """Without a file of trust nobody could say whose signatures count."""
    with web_server(publisher.repository.public) as server:
        found = Releases(server.url, publisher.root_file, tmp_path)(System.TRIXIE)
        assert found.bundle.read_bytes() == (publisher.folder / "7.tar").read_bytes()
        with pytest.raises(ConfigurationError, match="--release-root"):
            Releases(server.url, None, tmp_path)(System.TRIXIE)


def test_a_bundle_for_other_machines_is_not_put_on_a_card(publisher: Publisher, tmp_path: Path) -> None:
    """Bookworm has another Python."""
    with pytest.raises(RundtischError, match="release 7 has no bundle for aarch64-cp311"):
        _releases(publisher, tmp_path)(System.BOOKWORM)


def test_a_bundle_that_was_changed_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    """One byte, on the way from the folder."""
    copy = publisher.snapshot(tmp_path / "public")
    bundle = next(copy.rglob("*.tar"))
    data = bytearray(bundle.read_bytes())
    data[-1] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(RundtischError):
        Releases(str(copy), None, tmp_path)(System.TRIXIE)
    assert not list(tmp_path.glob("*.tar"))


def test_signatures_of_others_do_not_count(publisher: Publisher, tmp_path: Path) -> None:
    """A whole folder of releases, well signed, by people whom we do not know."""
    others = Publisher(tmp_path / "others")
    others.release(8, machine="aarch64-cp313")
    with pytest.raises(RundtischError):
        Releases(str(others.repository.directory), publisher.root_file, tmp_path)(System.TRIXIE)


def test_nothing_rolled_out_or_halted_is_said(tmp_path: Path) -> None:
    """With what to do."""
    made = Publisher(tmp_path / "people")
    with pytest.raises(CardError, match="nothing is rolled out; `provision release rollout`"):
        _releases(made, tmp_path / "a")(System.TRIXIE)
    made.release(7, machine="aarch64-cp313")
    made.roll_out(7, is_halted=True)
    with pytest.raises(CardError, match="release 7 was halted"):
        _releases(made, tmp_path / "b")(System.TRIXIE)
