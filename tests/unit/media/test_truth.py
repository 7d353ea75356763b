"""Lamps say what is, not what is wanted."""

import time

import pytest

from kiosk.contract.media import Lamp, MediaReport, PeerLink, PeerReport, Sending
from kiosk.media.truth import lamp_of, without_counters


@pytest.mark.parametrize(
    ("wanted", "is_open", "is_live", "has_fault", "is_gate_open", "lamp"),
    [
        (Sending.OFF, False, False, False, False, Lamp.OFF),
        (Sending.HERE, True, False, False, False, Lamp.OFF),
        (Sending.HERE, True, True, False, False, Lamp.HERE),
        (Sending.ON, True, True, False, True, Lamp.ON),
        (Sending.ON, True, True, False, False, Lamp.HERE),
        (Sending.ON, False, False, True, True, Lamp.FAULT),
        (Sending.OFF, True, True, False, False, Lamp.HERE),
        (Sending.OFF, False, False, True, False, Lamp.OFF),
    ],
)
def test_the_lamp_shows_the_device(
    wanted: Sending, is_open: bool, is_live: bool, has_fault: bool, is_gate_open: bool, lamp: Lamp
) -> None:
    """A device that is still closing is not off, a paused one is here only."""
    found = lamp_of(
        wanted, is_open=is_open, is_live=is_live, has_fault=has_fault, is_gate_open=is_gate_open, last_sent_s=0
    )
    assert found is lamp


def test_what_leaves_counts_more_than_any_wish() -> None:
    """A packet that has just left means on, whatever the plan says."""
    found = lamp_of(
        Sending.OFF, is_open=False, is_live=False, has_fault=True, is_gate_open=False, last_sent_s=time.monotonic()
    )
    assert found is Lamp.ON


def test_counters_are_no_news() -> None:
    """Two reports with other counters say the same; another link does not."""
    first = MediaReport(peers=(PeerReport(call="a", frames_sent=1, audio_packets_received=2),))
    second = MediaReport(peers=(PeerReport(call="a", frames_received=7, screen_frames_received=1),))
    third = MediaReport(peers=(PeerReport(call="a", link=PeerLink.UP),))
    assert without_counters(first) == without_counters(second) != without_counters(third)
