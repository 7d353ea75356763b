"""The media process: camera, microphone, loudspeaker, codecs and the calls. The only package with aiortc and PyAV."""

from kiosk.runtime.later import later

# aioice resolves names in `.local` by them, which only browsers without a permission for the camera send. 3 MB.
for _name in ("message", "name", "rdata", "rdataset", "zone"):
    later(f"dns.{_name}")
