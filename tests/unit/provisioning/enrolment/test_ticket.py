"""The ticket on a card."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract.errors import ConfigurationError
from provisioning.enrolment import ticket

NOW = datetime(2026, 3, 2, 8, 0, 0, 250, tzinfo=UTC)
TOKEN = "t" * 43


def _ticket(**changes: str) -> ticket.Ticket:
    values = {
        "server": "https://enrol.example.org:8444",
        "fingerprint": "AB:" * 31 + "CD",
        "token": TOKEN,
        "terminal": "rathaus.zimmer-2",
    } | changes
    return ticket.new(**values, now=NOW, valid_for=timedelta(days=14))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Also the times, to the second and with their zone."""
    written = _ticket()
    file = tmp_path / ticket.NAME
    file.write_text(ticket.text(written))
    assert ticket.read(file) == written
    assert written.expires_at == datetime(2026, 3, 16, 8, 0, tzinfo=UTC)


def test_a_ticket_is_good_until_its_end() -> None:
    """At the very moment it is over."""
    good = _ticket()
    assert not good.is_expired(good.expires_at - timedelta(seconds=1))
    assert good.is_expired(good.expires_at)


def test_the_token_is_not_in_what_a_log_would_show() -> None:
    """`repr` is what formatting and tracebacks use."""
    assert TOKEN not in repr(_ticket()) + str(_ticket())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"server": "http://enrol.example.org"}, "$.server"),
        ({"server": "https://enrol.example.org/path?x"}, "$.server"),
        ({"fingerprint": "abc"}, "$.fingerprint"),
        ({"token": "short"}, "$.token"),
        ({"terminal": "rathaus"}, "$.terminal"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(change: dict[str, str], place: str) -> None:
    """The value itself may be a token, and is not said."""
    with pytest.raises(ConfigurationError) as refused:
        _ticket(**change)
    assert place in refused.value.detail
    assert "short" not in refused.value.detail


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    """Else a terminal in another zone would take it for another moment."""
    file = tmp_path / ticket.NAME
    file.write_text(ticket.text(_ticket()).replace("2026-03-16T08:00:00Z", "2026-03-16T08:00:00"))
    with pytest.raises(ConfigurationError, match=r"expires_at"):
        ticket.read(file)
