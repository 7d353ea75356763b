"""The endurance bench in short: whatever came and went, nothing is left over."""

from tests.bench.test_bench import result


def test_nothing_is_left_over_after_partners_came_and_went():
    """Neither descriptors nor threads nor tasks, by either engine."""
    found = result("endurance.py", "--minutes", "0")
    assert found["rounds"] == 3
    assert found["left_over"] == {"descriptors": 0, "threads": [], "tasks": []}
    assert found["memory_mb"]["end"] - found["memory_mb"]["first"] < 30
