"""What a screen may say about enrolment."""

import json
import stat
from pathlib import Path

from kiosk.contract.enrolment import Step
from provisioning.enrolment import german
from provisioning.enrolment.faults import SENTENCES, Fault, FaultError
from provisioning.enrolment.status import Board, qr_code


def test_every_fault_says_what_is_wrong_and_what_to_do() -> None:
    """Two sentences each, in both languages of the console."""
    for words in (SENTENCES, german.FAULTS):
        assert set(words) == set(Fault)
        for what, advice in words.values():
            assert what.endswith(".")
            assert advice.endswith(".")
            assert what != advice
    assert set(german.STEPS) == set(Step)


def test_progress_is_a_file_for_everybody_and_a_line_once(tmp_path: Path) -> None:
    """What was said stays; a poll says nothing twice."""
    lines: list[str] = []
    board = Board(tmp_path / "run" / "enrolment.json", lines.append)
    board.show(Step.FINDING_SERVER, terminal="nord.r1", server="https://h:1")
    board.show(Step.ASKING)
    board.show(Step.ASKING)
    file = tmp_path / "run" / "enrolment.json"
    said = json.loads(file.read_bytes())
    assert {"step": "asking", "terminal": "nord.r1", "server": "https://h:1"}.items() <= said.items()
    assert lines == [
        "Der Anmeldeserver wird gesucht: https://h:1",
        "Looking for the enrolment server: https://h:1",
        "Ein Zertifikat wird erbeten.",
        "Asking for a certificate.",
    ]
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_fault_has_its_advice_and_when_it_is_tried_again(tmp_path: Path) -> None:
    """The step stays."""
    board = Board(tmp_path / "enrolment.json", lambda line: None)
    board.show(Step.ASKING)
    board.show_fault(FaultError(Fault.TOKEN_USED, "HTTP 409"), 0)
    said = json.loads((tmp_path / "enrolment.json").read_bytes())
    assert (said["step"], said["fault"], said["seen"]) == ("asking", "token-used", "HTTP 409")
    assert "new ticket" in said["advice"]


def test_a_code_is_there_to_be_read_and_to_be_scanned(tmp_path: Path) -> None:
    """Once, however often it is asked for."""
    lines: list[str] = []
    board = Board(tmp_path / "enrolment.json", lines.append)
    for _ in range(3):
        board.show(Step.WAITING_FOR_YES, code="K7QF-3MZP-T2WA")
    assert lines[0] == qr_code("rundtisch-enrol:K7QF-3MZP-T2WA")
    assert lines[1:] == [
        "Code: K7QF-3MZP-T2WA",
        "Wartet auf die Technik: provision central enrolment approve K7QF-3MZP-T2WA --terminal SITE.ROOM",
        "Waiting for staff: provision central enrolment approve K7QF-3MZP-T2WA --terminal SITE.ROOM",
    ]
    rows = lines[0].splitlines()
    assert {len(row) for row in rows} == {len(rows) * 2 - 1}


def test_a_full_tmpfs_stops_nothing(tmp_path: Path) -> None:
    """The console has it all the same."""
    lines: list[str] = []
    (tmp_path / "enrolment.json").mkdir()
    Board(tmp_path / "enrolment.json", lines.append).show(Step.MAKING_KEY)
    assert lines[-1] == "Making a key."
