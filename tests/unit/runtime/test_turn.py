"""Addresses of relays come from the central side, and may be anything."""

import pytest

from kiosk.contract.errors import MediaServerError, Reason
from kiosk.contract.media import IceServer
from kiosk.runtime import turn


@pytest.mark.parametrize(
    "url", ["turn:127.0.0.1:99999", "turn:127.0.0.1:-1", "turns:127.0.0.1:0", "turn:127.0.0.1:99999?transport=tcp"]
)
async def test_a_port_that_cannot_be_is_a_relay_that_cannot_be_reached(url: str) -> None:
    """And not the end of whoever asked."""
    with pytest.raises(MediaServerError) as refused:
        await turn.allocate(IceServer(urls=(url,)))
    assert refused.value.reason is Reason.NETWORK_LOST
