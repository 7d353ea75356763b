"""Rings whose time cannot be reckoned with do not end the server for all desks."""

from datetime import UTC, datetime, timedelta

import pytest

from kiosk.contract import codec
from kiosk.contract.partner import Rung
from tests.unit.desk.bench import KEY, NOW, RING, Bench


@pytest.mark.parametrize("deadline", [datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)])
def test_ring_at_the_end_of_all_time_is_swept_like_any_other(deadline: datetime) -> None:
    """A deadline to which nothing can be added is a deadline."""
    bench = Bench()
    bench.room_says(Rung(ring=RING, room="Raum 1", need="childcare", language="uk", deadline=deadline, key=KEY))
    bench.switchboard.sweep()
    assert len(bench.page().from_rooms()) == (deadline > NOW)
    bench.now += timedelta(minutes=1)
    bench.switchboard.sweep()


def test_ring_without_a_time_zone_is_refused() -> None:
    """It can be compared with no clock; the next page is welcomed, and the next sweep is made."""
    bench = Bench()
    rung = Rung(ring=RING, room="Raum 1", need="childcare", language="uk", deadline=NOW, key=KEY)
    bench.room_says(codec.encode(rung).replace(b"Z", b""), kind="rung")
    assert bench.refusals.total == 1
    assert bench.page().from_rooms() == []
    bench.switchboard.sweep()
