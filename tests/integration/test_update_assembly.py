"""A terminal loads of a release only what it has not: from a real web server, and whatever goes wrong on the way."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning.release import bundle, platform
from provisioning.update.fetch import Fetcher
from provisioning.update.source import Source
from tests.fakes.releases import Publisher, WebServer, make_bundle, web_server

_FAST_KBPS = 10_000_000


@dataclass
class Terminal:
    """Has what release 1 was made of, and release 2 is to come."""

    folder: Path
    publisher: Publisher
    server: WebServer
    wanted: bytes
    """Release 2, as it was published."""
    seeds: dict[str, Path]

    @property
    def downloads(self) -> Path:
        return self.folder / "downloads"

    @property
    def part(self) -> Path:
        """What a try that broke off leaves."""
        (target,) = self.publisher.repository.targets.glob("bundles/2/*.tar")
        return self.downloads / f"{target.name.split('.')[0]}.tar.part"

    def load(self) -> bytes:
        """What comes of it."""
        fetcher = Fetcher(_FAST_KBPS)
        source = Source(self.server.url, self.publisher.root_file, self.folder / "metadata", fetcher)
        offer = source.look(platform.own().name)
        assert offer
        self.server.sent_bytes = 0
        return source.load(offer, self.downloads, self.seeds).read_bytes()

    def fails(self) -> Cause | str:
        with pytest.raises(ReleaseError) as failed:
            self.load()
        return failed.value.cause


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    old = tmp_path / "old"
    old.mkdir()
    manifest = bundle.unpack(make_bundle(tmp_path, 1), old)
    seeds = {digest: old / name for name, digest in manifest.files.items()}
    publisher = Publisher(tmp_path / "publisher")
    wanted = publisher.release(2).read_bytes()
    (tmp_path / "downloads").mkdir()
    with web_server(publisher.repository.public) as server:
        yield Terminal(tmp_path, publisher, server, wanted, seeds)


def _pip(terminal: Terminal) -> Path:
    """By far the largest part, in both releases the same."""
    return next(path for path in terminal.seeds.values() if path.name.startswith("pip-"))


def test_what_is_here_is_not_loaded_again(terminal: Terminal) -> None:
    """Not a byte of it; what comes out is what was signed."""
    assert terminal.load() == terminal.wanted
    assert terminal.server.sent_bytes < len(terminal.wanted) - _pip(terminal).stat().st_size
    assert [path.name for path in terminal.downloads.iterdir()] == [terminal.part.stem]


def test_a_part_of_any_length_is_gone_on_with(terminal: Terminal) -> None:
    """Cut off in a header, in a file of ours or of the server's, in what fills a block, at the very end."""
    length = len(terminal.wanted)
    spots = {*range(0, 6000, 701), *range(6000, length, length // 6), *range(length - 12000, length, 1999), length}
    for cut in sorted(spots):
        terminal.part.write_bytes(terminal.wanted[:cut])
        assert terminal.load() == terminal.wanted, cut
        assert terminal.server.sent_bytes <= length - cut
        terminal.part.with_suffix("").unlink()


def test_a_server_that_breaks_off_again_and_again(terminal: Terminal) -> None:
    """Each time a little is gained, beside what is here."""
    _pip(terminal).unlink()
    terminal.server.most_bytes = 400_000
    gained = [0]
    while gained[-1] + terminal.server.most_bytes < len(terminal.wanted):
        assert terminal.fails() is Cause.NO_SERVER
        gained.append(terminal.part.stat().st_size)
    assert gained == sorted(set(gained))
    assert terminal.load() == terminal.wanted


def test_a_file_that_broke_on_the_disk_is_loaded(terminal: Terminal) -> None:
    """One byte of it is another."""
    data = bytearray(_pip(terminal).read_bytes())
    data[1000] ^= 1
    _pip(terminal).write_bytes(data)
    assert terminal.load() == terminal.wanted
    assert len(data) < terminal.server.sent_bytes < len(terminal.wanted) + len(data)


def test_a_server_that_knows_no_ranges_sends_all(terminal: Terminal) -> None:
    """As before there were any."""
    terminal.server.knows_ranges = False
    assert terminal.load() == terminal.wanted


def test_a_bundle_that_another_tar_has_packed_is_loaded_whole(terminal: Terminal) -> None:
    """What is signed is the file; that ours would have made other headers is seen at the end."""
    ours = terminal.folder / "3.tar"
    make_bundle(terminal.folder, 3).replace(ours)
    other = terminal.folder / "other.tar"
    with tarfile.open(ours) as source, tarfile.open(other, "w", format=tarfile.GNU_FORMAT) as target:
        for member in source:
            member.uname = "somebody"
            target.addfile(member, source.extractfile(member))
    terminal.publisher.stage_file(other)
    terminal.publisher.publish()
    terminal.publisher.roll_out(3)
    assert terminal.load() == other.read_bytes()
    assert terminal.server.sent_bytes > other.stat().st_size


@pytest.mark.parametrize("place", ["manifest", "header", "data", "end"])
def test_what_is_not_what_was_signed_is_thrown_away(terminal: Terminal, place: str) -> None:
    """Wherever the server lies: in what tells where what lies, or in what is loaded beside what is here."""
    wanted = terminal.wanted
    spots = {"manifest": 600, "header": wanted.rindex(b"wheels/small-2"), "end": len(wanted) - 1}
    spots["data"] = wanted.index(b"PK", spots["header"])

    def falsify(path: str, data: bytes) -> bytes:
        if "/bundles/" not in path:
            return data
        spot = spots[place]
        return data[:spot] + bytes([data[spot] ^ 1]) + data[spot + 1 :]

    terminal.server.falsify = falsify
    assert terminal.fails() is Cause.DAMAGED
    assert list(terminal.downloads.iterdir()) == []
    terminal.server.falsify = lambda path, data: data
    assert terminal.load() == wanted
