"""`provision release`: the way that several people go together, and what is refused on it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioning.__main__ import main
from provisioning.commands.release import PASSPHRASE
from provisioning.release.repository import Repository
from tests.fakes.releases import make_bundle

Say = Callable[..., str]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command that has to succeed; returns what it said."""

    def run(*words: str | Path, code: int = 0) -> str:
        assert main(["release", *map(str, words)]) == code, capsys.readouterr().err
        said = capsys.readouterr()
        return said.err if code else said.out

    return run


@pytest.fixture
def people(tmp_path: Path, say: Say) -> Path:
    """Three people's keys."""
    for name in ("anna", "ben", "carla"):
        say("key", name, "--directory", tmp_path, "--plain")
    return tmp_path


@pytest.fixture
def releases(people: Path, say: Say) -> Path:
    """A folder of releases by two of three, published."""
    names = [f"{people}/{name}.pub" for name in ("anna", "ben", "carla")]
    options = [word for name in names for word in ("--root", name, "--release", name)]
    folder = people / "releases"
    assert "root 1: needs 2 more of anna, ben, carla" in say("new", folder, *options)
    for name in ("anna", "ben"):
        say("sign", folder, people / f"{name}.key")
    assert "root 1 is published" in say("publish", folder)
    return folder


def test_a_release_on_its_way(releases: Path, people: Path, say: Say) -> None:
    """Added, signed by two, published, rolled out in rings, halted."""
    bundle = make_bundle(people, 7)
    assert "0.7, serial 7" in say("add", releases, bundle)
    assert "needs 1 more of ben, carla" in say("sign", releases, people / "anna.key")
    assert "needs 1 more" in say("publish", releases, code=1)
    assert "ready for `publish`" in say("sign", releases, people / "carla.key")
    assert "release 2 is published" in say("publish", releases)
    assert "nothing is rolled out" in say("rollout", releases)
    assert f"{releases}: nothing is rolled out" in say("rollout", releases, "--halt", code=1)
    for percent in ("1", "10"):
        assert f"rolled out to {percent} %" in say("rollout", releases, "7", percent)
    assert "7 to how many percent of all terminals?" in say("rollout", releases, "7", code=2)
    assert "rolled out to 10 %" in say("rollout", releases)
    assert "halted at 10 %" in say("rollout", releases, "--halt")
    said = json.loads(say("rollout", releases, "--json"))
    assert (said["serial"], said["percent"], said["is_halted"]) == (7, 10, True)
    assert "there is no release 8" in say("rollout", releases, "8", "1", code=1)
    assert "is there already" in say("add", releases, bundle, code=1)


def test_keys_come_and_go(releases: Path, people: Path, say: Say) -> None:
    """Both the old and the new keys of the root have to sign a change of them."""
    say("key", "dora", "--directory", people, "--plain")
    said = say("keys", releases, "--role", "root", "--remove", "ben", "--add", people / "dora.pub")
    assert "root: 2 of anna, carla, dora" in said
    say("sign", releases, people / "anna.key")
    say("sign", releases, people / "dora.key")
    assert "root needs 1 more of these signatures" in say("publish", releases, code=1)
    say("sign", releases, people / "carla.key")
    say("publish", releases)
    assert "nothing waits for a signature" in say("sign", releases, people / "ben.key", code=1)
    assert "2 of 3" not in say("keys", releases)
    assert "no release key is 'erik'" in say("keys", releases, "--remove", "erik", code=1)
    assert "3 of 2 release keys" in say("keys", releases, "--remove", "ben", "--threshold", "3", code=1)


def test_a_lost_key_takes_nothing_with_it(releases: Path, people: Path, say: Say) -> None:
    """What was released is signed anew by those who stay, in the same step."""
    bundle = make_bundle(people, 7)
    say("add", releases, bundle)
    for name in ("anna", "ben"):
        say("sign", releases, people / f"{name}.key")
    say("publish", releases)
    said = say("keys", releases, "--remove", "ben")
    assert "release 3: needs 2 more of anna, carla" in said
    for name in ("anna", "carla"):
        say("sign", releases, people / f"{name}.key")
    say("publish", releases)
    newest = Repository(releases).newest("targets")
    assert newest is not None
    assert list(newest.signed.targets) == [path for path in newest.signed.targets if path.startswith("bundles/7/")]


def test_what_waits_does_not_keep_the_rest_from_being_renewed(releases: Path, people: Path, say: Say) -> None:
    """A timer renews every day, however long people take."""
    say("add", releases, make_bundle(people, 7))
    before = (releases / "public/metadata/timestamp.json").read_bytes()
    assert "release 2: needs 2 more" in say("publish", releases, "--renew")
    assert (releases / "public/metadata/timestamp.json").read_bytes() != before
    assert not list(releases.glob("public/metadata/2.targets.json"))


def test_a_key_with_a_passphrase(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be signed without it; where nobody can be asked it stands in a file that others may not read."""
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    for file, words in ((right, "correct horse"), (wrong, "battery staple")):
        file.write_text(f"{words}\n")
    right.chmod(0o644)
    monkeypatch.setenv(PASSPHRASE, str(right))
    assert "others may read it" in say("key", "anna", "--directory", tmp_path, code=1)
    right.chmod(0o600)
    wrong.chmod(0o600)
    say("key", "anna", "--directory", tmp_path)
    public, folder = tmp_path / "anna.pub", tmp_path / "releases"
    thresholds = ("--root-threshold", "1", "--release-threshold", "1")
    say("new", folder, "--root", public, "--release", public, *thresholds)
    monkeypatch.setenv(PASSPHRASE, str(wrong))
    assert "another passphrase" in say("sign", folder, tmp_path / "anna.key", code=1)
    monkeypatch.setenv(PASSPHRASE, str(right))
    say("sign", folder, tmp_path / "anna.key")
    say("publish", folder)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.chmod(0o640), "others can read this key"),
        (lambda path: path.write_bytes(b"nonsense"), "no private key"),
        (lambda path: path.unlink(), "No such file"),
    ],
    ids=["readable", "nonsense", "missing"],
)
def test_a_key_that_is_none(
    releases: Path, people: Path, say: Say, spoil: Callable[[Path], object], words: str
) -> None:
    """The file is named, and what is wrong with it."""
    path = people / "carla.key"
    spoil(path)
    said = say("sign", releases, path, code=1)
    assert str(path) in said
    assert words in said


def test_nothing_is_overwritten(releases: Path, people: Path, say: Say) -> None:
    """A key is never made twice, a folder never begun anew."""
    assert "is there already" in say("key", "anna", "--directory", people, "--plain", code=1)
    public = people / "anna.pub"
    assert "is not empty" in say("new", releases, "--root", public, "--release", public, code=1)
    assert "`provision release new` begins" in say("publish", people, code=1)


def test_a_key_has_a_name_that_a_file_can_have(tmp_path: Path, say: Say) -> None:
    """One that is seen in a folder, and lies where it was said."""
    for name in ("", ".", "../anna", "a/b", "-anna", "x" * 300):
        assert "is no name for a key" in say("key", "--directory", tmp_path / "keys", "--plain", "--", name, code=1)
    assert not list(tmp_path.iterdir())
    say("key", "Jürgen.müller-2", "--directory", tmp_path, "--plain")


def test_a_file_that_is_no_bundle(releases: Path, people: Path, say: Say) -> None:
    assert "anna.key" in say("add", releases, people / "anna.key", code=1)
    assert f"{people}/nowhere.tar: No such file" in say("add", releases, people / "nowhere.tar", code=1)


def test_a_folder_that_was_not_made_is_not_there(people: Path, say: Say) -> None:
    """Who asked for more signatures than there are keys says it again, with other numbers."""
    words = ("new", people / "releases", "--root", people / "anna.pub", "--release", people / "ben.pub")
    assert "2 of 1 root keys cannot be asked for" in say(*words, code=1)
    assert not (people / "releases").exists()
    assert "made" in say(*words, "--root-threshold", "1", "--release-threshold", "1")


def test_metadata_that_cannot_be_read_is_named(releases: Path, say: Say) -> None:
    """By the timer, too, which has nobody to look at a traceback."""
    (releases / "public/metadata/copy of 1.root.json").write_text("")  # of somebody who saved it before
    say("publish", releases, "--renew")
    timestamp = releases / "public/metadata/timestamp.json"
    timestamp.unlink()
    timestamp.mkdir()
    assert f"{timestamp}: Is a directory" in say("publish", releases, "--renew", code=1)
