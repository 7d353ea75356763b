"""The bench of the boot, once around."""

import pytest

from tests.bench.test_bench import result

pytestmark = pytest.mark.appliance


def test_the_boot_bench_finds_help_before_pictures() -> None:
    """Seconds and megabytes of one boot; the help button's process is ready before the picture."""
    found = result("boot.py", "--rounds", "1")
    assert found.keys() == {"agent_ready_s", "first_frame_s", "broker_ready_s", "pss_mb"}
    assert found["agent_ready_s"] < found["first_frame_s"]
    # Help does not wait for the broker; but systemd and the broker hear of the agent in either order.
    assert 0 < found["agent_ready_s"] < found["broker_ready_s"] + 1
    assert 100 < found["pss_mb"] < 1000
