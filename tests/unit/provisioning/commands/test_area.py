"""What all commands of `provision` have in common: help that teaches, one JSON object, plain errors, exit codes."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest
import typer

from kiosk.contract.errors import ConfigurationError, MalformedError
from provisioning.__main__ import AREAS, main
from provisioning.commands.area import Area
from provisioning.outcome import Done, Table

area = Area("For this test.")


@area.task(examples=("provision test good",))
def good() -> Done:
    """All is well.

    More on it.
    """
    return Done(("did it",), table=Table(("part", "state"), (("broker", "ok"), ("desk server", "ok"))))


@area.task()
def partly(is_faulty: bool = False) -> Done:
    refused = () if is_faulty else (MalformedError("room.ics", "event 2 has no end"),)
    return Done(("did the rest",), refused=refused, is_faulty=is_faulty, facts={"file": Path("x")})


@area.task()
def bad() -> Done:
    raise ConfigurationError("/etc/x.toml: missing; `provision central init` makes it")


@area.task()
def write(file: Path) -> Done:
    file.write_text("x" * 99_999)
    return Done()


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        typer.main.get_command(area)(args=list(arguments), prog_name="test")
    assert isinstance(end.value.code, int)
    return end.value.code


def test_an_answer_is_lines_and_an_even_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Where no terminal is, nothing is drawn: a script can cut the columns."""
    assert run("good") == 0
    assert capsys.readouterr().out == "part         state\nbroker       ok\ndesk server  ok\ndid it\n"


def test_json_is_one_object_with_all_of_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    """Rows by column, lines, refusals, whatever the command knows besides, and how it ended."""
    assert run("good", "--json") == 0
    rows = [{"part": "broker", "state": "ok"}, {"part": "desk server", "state": "ok"}]
    assert json.loads(capsys.readouterr().out) == {
        "ok": True, "exit_code": 0, "lines": ["did it"], "refused": [], "rows": rows,
    }  # fmt: skip
    assert run("partly", "--json") == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["refused"], said["file"]) == (False, ["room.ics: event 2 has no end"], "x")


def test_what_was_refused_or_is_faulty_is_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    """The rest was done."""
    assert run("partly") == 3
    assert capsys.readouterr() == ("did the rest\n", "refused: room.ics: event 2 has no end\n")
    assert run("partly", "--is-faulty") == 3


def test_an_error_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, with path and remedy; with --json also as an object."""
    assert run("bad") == 1
    line = "/etc/x.toml: missing; `provision central init` makes it"
    assert capsys.readouterr() == ("", f"provision: {line}\n")
    assert run("bad", "--json") == 1
    said = capsys.readouterr()
    assert json.loads(said.out) == {"ok": False, "exit_code": 1, "error": {"reason": "malformed", "detail": line}}
    assert said.err == f"provision: {line}\n"


def test_what_the_system_refuses_is_an_error_like_any_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A closed or missing folder, a full disk: path, reason, and what to do where that is not plain."""
    for file, said in (
        (tmp_path / "x" / "y", f"{tmp_path}/x/y: No such file or directory"),
        (tmp_path, f"{tmp_path}: Is a directory"),
        (Path("/dev/full"), "No space left on device; make room, then do it again"),
    ):
        assert run("write", str(file)) == 1
        assert capsys.readouterr() == ("", f"provision: {said}\n")
    assert run("write", str(tmp_path), "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"]["detail"] == f"{tmp_path}: Is a directory"


@pytest.mark.parametrize(("options", "said"), [((), b"B\\xfcro"), (("--json",), rb'"title": "B\u00fcro"')])
def test_an_answer_is_given_in_every_locale(tmp_path: Path, options: tuple[str, ...], said: bytes) -> None:
    """As far as its signs go; what a program reads stays JSON."""
    (tmp_path / "plan.toml").write_text('[central]\nbroker = "b"\nenrolment = "https://b"\n[sites.a]\ntitle = "Büro"\n')
    ran = _listed(tmp_path, *options, PYTHONIOENCODING="ascii")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert said in ran.stdout


def test_an_answer_can_be_caught_by_a_program_in_python() -> None:
    """Which gives it a text to be written into, without an encoding."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert run("good", "--json") == 0
    assert json.loads(said.getvalue())["ok"]


def test_an_answer_that_cannot_be_written_is_no_traceback(tmp_path: Path) -> None:
    """Onto a full disk; what was asked for is done."""
    (tmp_path / "plan.toml").write_text('[central]\nbroker = "b"\nenrolment = "https://b"\n')
    with Path("/dev/full").open("wb") as full:
        ran = _listed(tmp_path, stdout=full)
    assert ran.returncode == 3
    assert ran.stderr == b"provision: done, but the answer cannot be written: No space left on device\n"


def _listed(
    plan: Path, *options: str, stdout: BinaryIO | int = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    command = (sys.executable, "-m", "provisioning", "site", "list", "--plan", str(plan), *options)
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, env={**os.environ, **environment}, check=False
    )


def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Unknown areas, commands and options; the nearest word is named."""
    assert main(["schedul", "push"]) == 2
    assert "'schedule'" in capsys.readouterr().err
    assert main(["schedule", "push", "--rom", "x"]) == 2
    assert main(["link", "desk", "debts-1", "--days", "0"]) == 2
    assert main(["schedule", "push", "--room", "a.b", "--time-zone", "Mars", "x.ics"]) == 2
    assert "no time zone 'Mars'" in capsys.readouterr().err
    assert main(["schedule", "push", "--room", "a.b", "--time-zone", "Europe", "x.ics"]) == 2
    assert "no time zone 'Europe'" in capsys.readouterr().err


def test_help_shows_examples_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    """As they are typed."""
    assert run("good", "--help") == 0
    assert "  Examples:\n    provision test good\n" in capsys.readouterr().out


def test_the_list_of_areas_says_what_each_is_for_and_what_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    """The words of the list are the areas' own."""
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert "  3  done, but parts" in said
    for name, words in AREAS.items():
        assert f"{name} " in said
        assert words in said
        assert main([name, "--help"]) == 0
        assert words in " ".join(capsys.readouterr().out.split())


def test_the_list_is_there_before_anything_slow_is_loaded() -> None:
    """`provision --help` loads no area, no broker, no cryptography."""
    code = (
        "import sys; from provisioning.__main__ import main; main(['--help']);"
        "print([name for name in ('aiomqtt', 'cryptography', 'icalendar', 'rich', 'asyncio') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_shell_completes_areas_options_and_names(tmp_path: Path) -> None:
    """By typer's own completion, also in areas that are loaded late; rooms out of the plan."""

    def complete(words: str, count: int) -> str:
        environment = {
            **os.environ,
            "RUNDTISCH_PLAN": str(tmp_path),
            "_PROVISION_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(count),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "provisioning"], env=environment, capture_output=True, text=True, check=True
        )
        return ran.stdout

    site = '[sites.nord]\ntitle = "N"\n[sites.nord.rooms.r1]\ntitle = "R"\n'
    (tmp_path / "plan.toml").write_text(f'[central]\nbroker = "b"\nenrolment = "https://b"\n{site}')
    assert complete("provision room show n", 3).split() == ["nord.r1"]
    assert complete("provision room show x", 3).split() == []
    assert complete("provision sche", 1).split() == ["schedule"]
    assert "--time-zone" in complete("provision schedule push --t", 3)


RELAY = ("relay", "new", "--host", "turn.example", "--address", "192.0.2.1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((*RELAY, "--host", "turn..example"), "'turn..example' is neither a host name"),
        ((*RELAY, "--address", "turn.example"), "'turn.example' is no IP address"),
        (("media-server", "new", "--address", "media.example"), "'media.example' is no IP address"),
        (("media-server", "new", "--media-address", '192.0.2.1"'), "is no IP address"),
        (("media-server", "new", "--url", "https://media.example"), "'https://media.example' is no WebSocket address"),
        (("media-server", "new", "--media-ports", "40000-20000"), "'40000-20000' is no range"),
        (("media-server", "new", "--media-ports", "20000"), "'20000' is no range"),
    ],
)
def test_what_coturn_or_janus_would_not_start_with_is_wrong_usage(
    tmp_path: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told here and not by a journal on another machine."""
    assert main([*arguments, str(tmp_path / "x")]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [RELAY, ("media-server", "new")])
def test_a_secret_in_use_is_never_drawn_anew(
    tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """The same command twice leaves relay or media server as they were told."""
    assert main([*command, str(tmp_path)]) == 0
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert main([*command, str(tmp_path)]) == 1
    assert "name another folder" in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_new_folders_are_only_told_of_in_a_dry_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written."""
    for command in (["media-server", "new"], ["relay", "new", "--host", "turn.example", "--address", "192.0.2.1"]):
        assert main([*command, str(tmp_path / "x"), "--dry-run"]) == 0
        assert "would make" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
