"""What media says it does: measured at captures and senders, whatever the plan wants."""

import time

import msgspec

from kiosk.contract.media import Lamp, MediaReport, PeerStats, Sending

RECENTLY_S = 0.3
"""A packet that left within this time means: it is being sent."""


def lamp_of(
    wanted: Sending, *, is_open: bool, is_live: bool, has_fault: bool, is_gate_open: bool, last_sent_s: float
) -> Lamp:
    """One capture's lamp. `is_live`: has given something; `last_sent_s`: by `time.monotonic`."""
    if time.monotonic() - last_sent_s < RECENTLY_S:
        return Lamp.ON
    if has_fault and wanted is not Sending.OFF:
        return Lamp.FAULT
    if not is_open or not is_live:
        return Lamp.OFF
    return Lamp.ON if is_gate_open else Lamp.HERE


def without_counters(report: MediaReport) -> MediaReport:
    """The report with its counters at zero: two reports that differ in counters only say the same."""
    peers = tuple(
        msgspec.structs.replace(
            peer,
            frames_received=0,
            frames_sent=0,
            screen_frames_sent=0,
            screen_frames_received=0,
            audio_packets_received=0,
            audio_packets_sent=0,
            stats=PeerStats(),
        )
        for peer in report.peers
    )
    return msgspec.structs.replace(report, peers=peers)
