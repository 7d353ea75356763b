"""Hands read-only picture memory to Kivy without a copy. Knows nothing of pictures."""

import ctypes

import numpy as np

_WRITABLE = 0x200
"""`PyBUF_WRITE`."""

_from_memory = ctypes.pythonapi.PyMemoryView_FromMemory
_from_memory.restype = ctypes.py_object
_from_memory.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)


def uploadable(plane: memoryview) -> memoryview:
    """The same bytes as a view that says it may be written.

    `Texture.blit_buffer` of Kivy 2.3.1 only reads, but asks for writable memory, and refuses the read-only mapping of a
    frame ring. (Should it ever write, the mapping stops the process; it cannot spoil another's picture.)

    The result must not be kept longer than `plane`.
    """
    if not plane.readonly:
        return plane
    address = np.frombuffer(plane, dtype=np.uint8).ctypes.data
    view: memoryview = _from_memory(address, plane.nbytes, _WRITABLE)
    return view
