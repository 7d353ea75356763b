"""Bundles: the same parts make the same bytes, and what does not belong into one is refused."""

import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning.release import bundle, platform
from provisioning.release.bundle import MANIFEST, Manifest

MADE = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    (tmp_path / "parts/wheels").mkdir(parents=True)
    (tmp_path / "parts/wheels/one.whl").write_bytes(b"one")
    (tmp_path / "parts/README.md").write_bytes(b"two")
    return tmp_path / "parts"


def _manifest(files: dict[str, str]) -> Manifest:
    return Manifest(
        version="1", serial=1, platform="x", made=MADE, expires=MADE + timedelta(days=1), files=files, trial=("-c", "")
    )


def _tar(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w") as tar:
        for member, data in members:
            member.size = len(data) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(data))
    return path


def test_the_same_parts_make_the_same_bytes(parts: Path, tmp_path: Path) -> None:
    """Whatever the files' dates, modes and order on the disk."""
    manifest = _manifest(bundle.hashes_of(parts))
    bundle.pack(parts, manifest, tmp_path / "a.tar")
    (parts / "README.md").touch()
    (parts / "README.md").chmod(0o600)
    bundle.pack(parts, manifest, tmp_path / "b.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_what_was_packed_is_unpacked(parts: Path, tmp_path: Path) -> None:
    manifest = _manifest(bundle.hashes_of(parts))
    bundle.pack(parts, manifest, tmp_path / "a.tar")
    (tmp_path / "out").mkdir()
    unpacked = bundle.unpack(tmp_path / "a.tar", tmp_path / "out")
    assert unpacked == replace(manifest, sizes={"README.md": 3, "wheels/one.whl": 3})
    assert bundle.hashes_of(tmp_path / "out") == manifest.files


def _link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


_HASH = "0" * 64


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (lambda head: [], "no manifest"),
        (lambda head: [(tarfile.TarInfo("other"), b"")], "no manifest"),
        (lambda head: [(tarfile.TarInfo(MANIFEST), b"{}")], "manifest: "),
        (lambda head: [head({"a": _HASH})], "'a' is missing"),
        (lambda head: [head({"a": _HASH}), (tarfile.TarInfo("a"), b"x")], "not what the manifest says"),
        (lambda head: [head({}), (tarfile.TarInfo("a"), b"x")], "does not belong"),
        (lambda head: [head({"../a": _HASH}), (tarfile.TarInfo("../a"), b"x")], "does not belong"),
        (lambda head: [head({"/tmp/a": _HASH}), (tarfile.TarInfo("/tmp/a"), b"x")], "does not belong"),
        (lambda head: [head({"a": _HASH}), (_link("a", "/etc/passwd"), b"")], "does not belong"),
    ],
)
def test_what_is_refused(
    tmp_path: Path, members: Callable[..., list[tuple[tarfile.TarInfo, bytes]]], words: str
) -> None:
    """With the reason; nothing leaves the folder it is unpacked to."""

    def head(files: dict[str, str]) -> tuple[tarfile.TarInfo, bytes]:
        return tarfile.TarInfo(MANIFEST), msgspec.json.encode(_manifest(files))

    path = _tar(tmp_path / "bad.tar", members(head))
    (tmp_path / "out").mkdir()
    with pytest.raises(ReleaseError, match=words) as refused:
        bundle.unpack(path, tmp_path / "out")
    assert refused.value.cause is Cause.DAMAGED


def test_what_is_no_tar_at_all(tmp_path: Path) -> None:
    (tmp_path / "bad.tar").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(ReleaseError):
        bundle.manifest_of(tmp_path / "bad.tar")


def test_platforms_have_names() -> None:
    assert platform.named("aarch64-cp313").pip_options[-4:] == ("--python-version", "313", "--implementation", "cp")
    assert platform.named(platform.own().name) == platform.own()
