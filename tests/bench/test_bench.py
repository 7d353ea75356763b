"""The benches themselves: short runs print one JSON object of the promised shape; what does not work is a failure."""

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provisioning.demo.waiting import PatienceError
from tests.bench import figures

HERE = Path(__file__).parent


def run(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(HERE / script), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)


def result(script: str, *options: str) -> Any:
    """All of standard output as JSON."""
    done = run(script, "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_idle_bench_names_every_process():
    """Processor and memory, each above nothing; awake and asleep."""
    found = result("idle.py", "--seconds", "2")
    assert found.keys() == {"total", "processes", "asleep"}
    for part in (found, found["asleep"]):
        assert part["processes"].keys() == {"agent", "media", "ui"}
        assert all(one["pss_mb"] > 5 and one["cpu_pct"] >= 0 for one in (part["total"], *part["processes"].values()))


def test_the_join_bench_measures_every_visit():
    """One picture a visit, and touches."""
    found = result("join.py", "--n", "1")
    assert found.keys() == {"touch_to_first_frame_s", "touch_to_reaction_ms"}
    assert found["touch_to_first_frame_s"]["n"] == 1
    assert 0 < found["touch_to_reaction_ms"]["median"] <= found["touch_to_reaction_ms"]["p95"]


def test_the_wire_bench_measures_lamp_screen_and_chatter():
    """The lamp is sooner than the screen, which waits for a frame."""
    found = result("wire.py", "--n", "2")
    assert found["edge_to_output_ms"]["n"] == found["button_to_screen_ms"]["n"] == 2
    assert 0 < found["edge_to_output_ms"]["median"] < found["button_to_screen_ms"]["median"]
    assert found["chatter_cpu_pct"] >= 0


def test_the_packet_bench_measures_both_receive_paths():
    """The same packets, one after the other."""
    found = result("packet.py", "--n", "1")
    assert found.keys() == {"ours_us", "stock_us", "ratio_to_stock", "rounds"}
    assert found["ours_us"] > 0
    assert 0 < found["ratio_to_stock"] < 1


def test_what_does_not_work_is_no_result(capsys):
    """Exit code 1, a reason, and nothing on standard output; not even what was said there on the way."""

    async def bench() -> figures.Result:
        print("on the way")
        raise PatienceError("the partner: not within 20 s")

    with pytest.raises(SystemExit) as ended:
        figures.run(bench, is_json=True)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (1, "")
    assert "the partner: not within 20 s" in said.err


@pytest.mark.parametrize(
    ("samples", "p95"), [([7.0], 7.0), ([float(n) for n in range(1, 21)], 19.0), ([float(n) for n in range(100)], 94.0)]
)
def test_few_numbers_out_of_many(samples, p95):
    """The 95th percentile is one of the samples."""
    assert figures.summary(samples, 1) == {"median": statistics.median(samples), "p95": p95, "n": len(samples)}


def test_the_echo_bench_hears_no_echo():
    """The echo canceller of the units works from the first seconds on, and a voice gets through it."""
    found = result("echo.py", "--part", "4.0")
    assert {"reduction_db", "double_talk_loss_db"} <= found.keys()
    assert found["reduction_db"] >= 20
    assert found["double_talk_loss_db"] < 15
    assert -30 < found["room_sent_db"] < -15
