"""The README's commands are commands that there are; those of the administrator's hour do what they say."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from provisioning import plan
from provisioning.__main__ import app, main
from provisioning.central import directory

README = Path(__file__).parents[4].joinpath("README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[tuple[str, ...]]:
    """What `provision` is called with in it."""
    said = [part for line in block.splitlines() for part in line.split("&&")]
    return [tuple(shlex.split(part, comments=True)[1:]) for part in said if part.strip().startswith("provision ")]


COMMANDS = [arguments for block in BLOCKS for arguments in commands(block)]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_command_of_the_readme_can_be_typed(arguments: tuple[str, ...]) -> None:
    """Area, command, options and their values are taken; nothing is run."""
    command, rest, context = typer.main.get_command(app), list(arguments), None
    context = command.make_context("provision", rest)
    while hasattr(command, "resolve_command"):
        name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, rest, parent=context)
        command = context.command
    assert not context.args


def test_the_administrator_s_hour_makes_a_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs no server is run as it stands there; so is the example of the plan."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNDTISCH_PLAN", "house/central")
    Path("rooms.csv").write_text("room,title,address,vlan\nrathaus.keller,Keller,,7\n")
    (hour,) = (block for block in BLOCKS if block.startswith("provision central init"))
    areas = {"site", "room", "office", "need", "desk"}
    local = [one for one in commands(hour) if one[0] in areas or one[:2] == ("central", "init")]
    assert len(local) >= 7
    for arguments in local:
        assert main(arguments) == 0, arguments
    read = plan.read(Path("house/central"))
    assert set(read.rooms) == {"rathaus.zimmer-2", "rathaus.keller"}
    assert read.room("rathaus.zimmer-2").network.ntp == ("ntp.example.org",)
    assert [desk.id for desk in directory.read(Path("house/central/directory.toml")).directory.desks] == ["debts-1"]
    (example,) = re.findall(r"^```toml\n(\[sites\..*?)^```", README, re.MULTILINE | re.DOTALL)
    file = Path("house/central/plan.toml")
    file.write_text(file.read_text().partition("[sites.")[0] + example)
    assert set(plan.read(file).rooms) == {"rathaus.zimmer-3", "rathaus.saal"}
