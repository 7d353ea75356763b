"""A page may talk fast for a moment, not for long."""

from kiosk.desk.allowance import Allowance


def test_burst_passes_and_then_the_rate_holds() -> None:
    """200 at once without a wait, the 300th a second later; a rest gives it all back."""
    now = 100.0
    allowance = Allowance(lambda: now)
    assert [allowance.wait_s() for _ in range(200)] == [0.0] * 200
    waits = [allowance.wait_s() for _ in range(100)]
    assert waits[0] == 0.01
    assert abs(waits[-1] - 1.0) < 1e-9
    now += 10
    assert [allowance.wait_s() for _ in range(200)] == [0.0] * 200
