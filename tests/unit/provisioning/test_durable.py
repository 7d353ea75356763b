"""Files that are whole or not there at all."""

import stat
from pathlib import Path

import pytest

from provisioning import durable


def test_a_file_is_replaced_whole_and_folders_are_for_its_readers(tmp_path: Path) -> None:
    """A secret's new folder is for its owner, a public file's for everybody; nothing else is left."""
    secret, public = tmp_path / "a" / "b" / "key", tmp_path / "c" / "list"
    for data in (b"old", b"new"):
        durable.write(secret, data)
        durable.write(public, data, 0o644)
    modes = {one.relative_to(tmp_path).as_posix(): stat.S_IMODE(one.stat().st_mode) for one in tmp_path.rglob("*")}
    assert modes == {"a": 0o700, "a/b": 0o700, "a/b/key": 0o600, "c": 0o755, "c/list": 0o644}
    assert (secret.read_bytes(), public.read_bytes()) == (b"new", b"new")


def test_what_an_earlier_life_left_half_is_no_obstacle(tmp_path: Path) -> None:
    """Nor is a link in its place followed."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    (tmp_path / ".file.new").symlink_to(elsewhere)
    durable.write(tmp_path / "file", b"ours")
    assert elsewhere.read_text() == "theirs"
    assert (tmp_path / "file").read_bytes() == b"ours"


def _begin(folder: Path, elsewhere: Path) -> None:
    with durable.whole(folder):
        (folder / "authority" / "issued" / "x").mkdir(parents=True)
        (folder / "link").symlink_to(elsewhere)
        (folder / "file").write_text("ours")
        raise KeyboardInterrupt


@pytest.mark.parametrize("was_there", [True, False])
def test_a_folder_that_comes_to_no_end_is_as_it_was(tmp_path: Path, was_there: bool) -> None:
    """Whatever stops it; what was in it stays."""
    folder = tmp_path / "house"
    if was_there:
        (folder / "authority").mkdir(parents=True)
        (folder / "authority" / "key").write_text("theirs")
    before = {path.name for path in tmp_path.rglob("*")}
    with pytest.raises(KeyboardInterrupt):
        _begin(folder, tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == before


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    """The error is the system's; no half file stays."""
    file = tmp_path / "file"
    file.mkdir()  # cannot be replaced by a file
    with pytest.raises(OSError):
        durable.write(file, b"new")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    durable.write(tmp_path / "good", b"old")
    assert (tmp_path / "good").read_bytes() == b"old"


def test_destroying_overwrites_before_it_takes_away(tmp_path: Path) -> None:
    """Who had the file open, as a card's later reader would, finds zeros."""
    file = tmp_path / "secret"
    file.write_bytes(b"token")
    with file.open("rb") as reader:
        durable.destroy(file)
        assert reader.read() == bytes(5)
    assert not file.exists()
    durable.destroy(file)
    durable.remove(file)
