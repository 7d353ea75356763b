"""Modules that wait until somebody needs them."""

import subprocess
import sys

import pytest

from kiosk.runtime.later import later, without

_SCRIPT = """
import sys
from kiosk.runtime import janus
assert "websockets.asyncio.client" not in sys.modules
assert janus.websockets.connect
assert "websockets.asyncio.client" in sys.modules
import websockets
assert websockets.connect is janus.websockets.connect
"""

_NAMES = """
import asyncio, sys
import kiosk.media.process
assert "dns.zonefile" not in sys.modules
from aioice.mdns import MDnsProtocol, is_mdns_hostname
assert is_mdns_hostname("a.local") and not is_mdns_hostname("10.99.0.1")
assert "dns.zonefile" not in sys.modules
async def begin():
    MDnsProtocol()
asyncio.run(begin())
assert "dns.zonefile" in sys.modules
"""


def test_media_loads_what_resolves_names_when_one_comes() -> None:
    """An address asks for nothing of it."""
    done = subprocess.run([sys.executable, "-c", _NAMES], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_media_loads_its_web_client_when_there_is_a_media_server() -> None:
    """Not at the start; then it is the one that everybody else gets."""
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_missing_is_missed_at_once() -> None:
    """Not in the middle of a call; and what is loaded already is given as it is."""
    with pytest.raises(ImportError, match="no_such_module"):
        later("no_such_module")
    assert later("sys") is sys


def test_what_is_left_out_is_left_out_for_a_while() -> None:
    """Whoever imports it then takes it for missing; what is loaded stays."""
    with without("this"), pytest.raises(ImportError):
        import this  # noqa: F401
    assert "this" not in sys.modules
    with without("subprocess"):
        import subprocess as again
    assert again is subprocess
