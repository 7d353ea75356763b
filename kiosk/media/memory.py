"""How the process gives memory back. Knows nothing of pictures but their size."""

import ctypes

_MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of mallopt(3)."""
_LARGE_BYTES = 4 << 20
"""More than a picture of 1920x1080 has, less than a still."""


def give_back_large() -> None:
    """Stills, and what encoders keep of them, go back to the system when they are freed.

    By itself glibc keeps such blocks once it has seen one freed: 75 MB more after the first document (measured).
    """
    ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)


def give_back_free() -> None:
    """What was freed goes back to the system: after a call, when the process will be idle. Takes some milliseconds."""
    ctypes.CDLL(None).malloc_trim(0)
