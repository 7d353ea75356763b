"""The media process: camera, microphone, loudspeaker, codecs and the calls. The only package with aiortc and PyAV."""
