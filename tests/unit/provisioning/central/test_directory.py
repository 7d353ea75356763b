"""The directory file: what is right is published without addresses, what is not is named by path and value."""

from pathlib import Path

import msgspec
import pytest

from kiosk.contract.errors import ConfigurationError
from provisioning.central import directory

GOOD = """
[[offices]]
id = "family"
name = { de = "Familienkasse", en = "Family benefits" }

[[needs]]
id = "child-benefit"
name = { de = "Kindergeld", en = "Child benefit" }
icon = "baby-carriage"

[[desks]]
id = "family-1"
office = "family"
name = { de = "Familienkasse, Platz 1" }
needs = ["child-benefit"]
addresses = ["Platz1@familie.example"]
"""


def _read(tmp_path: Path, text: str) -> directory.DirectoryFile:
    file = tmp_path / "directory.toml"
    file.write_text(text, encoding="utf-8")
    return directory.read(file, version=7)


def test_a_file_becomes_the_published_directory(tmp_path: Path) -> None:
    """All entries arrive; mail addresses stay with the central side."""
    file = _read(tmp_path, GOOD)
    assert file.directory.version == 7
    assert [desk.id for desk in file.directory.desks] == ["family-1"]
    assert file.directory.needs[0].icon == "baby-carriage"
    assert file.addresses == {"platz1@familie.example": "family-1"}
    assert b"@" not in msgspec.json.encode(file.directory)


def test_needs_are_known_by_id_and_by_every_name(tmp_path: Path) -> None:
    """Calendars may say "Kindergeld", "Child benefit" or the id."""
    assert _read(tmp_path, GOOD).need_words == dict.fromkeys(
        ("kindergeld", "child benefit", "child-benefit"), "child-benefit"
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[offices]]", "[[offices]", "directory.toml"),
        (
            'id = "family"',
            'idd = "family"',
            r"'idd' is not known here - at `\$.offices\[0\].idd`; known are: id, name$",
        ),
        ("[[offices]]", "[[office]]", r"directory.toml:2:1: 'office' is not known here.*offices, needs, desks"),
        ('id = "family"', 'id = "Family Office"', r"offices\[0\]\.id"),
        ('id = "family"', "id = 7", r"Expected `str`, got `int`.*offices\[0\]\.id"),
        ('name = { de = "Familienkasse", en', "name = { en", r"'de'.*offices\[0\]\.name"),
        ('office = "family"', 'office = "famly"', r"no office 'famly'.*desks\[0\]\.office"),
        (
            '["child-benefit"]',
            '["child-benefits"]',
            r":15:10: there is no need 'child-benefits'.*desks\[0\]\.needs\[0\]`; there are: child-benefit",
        ),
        ("Platz1@familie.example", "Platz1", r"'Platz1' is no mail address.*addresses\[0\]"),
        ('icon = "baby-carriage"', 'icon = "../etc"', r"needs\[0\]\.icon"),
        ("[[desks]]", GOOD.partition("[[needs]]")[0] + "[[desks]]", r"'family' is there twice.*offices\[1\]\.id"),
    ],
)
def test_what_is_wrong_is_named_by_file_path_and_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    """A file with one mistake is refused as a whole."""
    assert old in GOOD
    with pytest.raises(ConfigurationError, match=message) as caught:
        _read(tmp_path, GOOD.replace(old, new, 1))
    assert str(tmp_path / "directory.toml") in caught.value.detail


def test_an_address_belongs_to_one_desk(tmp_path: Path) -> None:
    """Two desks with one address could not be told apart by a calendar."""
    second = GOOD[GOOD.index("[[desks]]") :].replace("family-1", "family-2")
    with pytest.raises(ConfigurationError, match="another desk"):
        _read(tmp_path, GOOD + second)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No traceback, but the path."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml: No such file"):
        directory.read(tmp_path / "nowhere.toml")
