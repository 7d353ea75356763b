"""Files of IT staff are replaced whole, by one at a time, or stay as they are."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.contract.errors import ConfigurationError
from provisioning import plan
from provisioning.plan import editing
from provisioning.plan.source import Source

TEXT = '[central]\nbroker = "b.example"\nenrolment = "https://b.example:8444"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(TEXT)
    return path


def test_who_comes_second_takes_nothing_away(file: Path) -> None:
    """Two read, both write: the second one is told, and what the first one wrote stays."""
    first, second = Source(file), Source(file)
    editing.write(first, TEXT + "# one\n")
    with pytest.raises(ConfigurationError, match="somebody changed it just now; nothing was changed, try again"):
        editing.write(second, TEXT + "# two\n")
    assert file.read_text() == TEXT + "# one\n"


def test_of_many_at_once_each_is_in_the_file_or_was_told(file: Path) -> None:
    """As administrators' scripts do it; nobody waits long."""
    command = (sys.executable, "-m", "provisioning", "site", "add", "--plan", str(file.parent), "--title", "T")
    names = [f"site-{number}" for number in range(3)]
    running = [subprocess.Popen((*command, name), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for name in names]
    done = [(name, one.communicate()[1], one.returncode) for name, one in zip(names, running, strict=True)]
    assert {name for name, _, code in done if code == 0} == set(plan.read(file).sites)
    assert all(b"somebody changed it just now" in said for _, said, code in done if code)


def test_a_full_disk_leaves_the_old_file_and_nothing_else(file: Path) -> None:
    """The kernel's own word on it, EFBIG: a file may not become larger than the old one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(TEXT), before[1]))
    try:
        with pytest.raises(ConfigurationError, match=r"plan\.toml: File too large; nothing was changed"):
            editing.write(Source(file), TEXT + "# more\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert file.read_text() == TEXT
    assert [one.name for one in file.parent.iterdir()] == ["plan.toml"]


def test_a_link_stays_one(file: Path) -> None:
    """Plans lie in version control, and are linked to where they are used."""
    link = file.with_name("link.toml")
    link.symlink_to(file)
    editing.write(Source(link), TEXT + "# more\n")
    assert link.is_symlink()
    assert file.read_text() == TEXT + "# more\n"
