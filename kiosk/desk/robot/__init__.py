"""A partner without a person: sits at a desk as the page does, on real signaling and real media. For demo and tests.

Beside `kiosk.media` the only package that knows aiortc and PyAV.
"""
