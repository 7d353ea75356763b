"""Hands read-only picture memory to Kivy without a copy. Knows nothing of pictures."""

import ctypes

_SIMPLE = 0x0
"""`PyBUF_SIMPLE`."""
_WRITABLE = 0x200
"""`PyBUF_WRITE`."""


class _Buffer(ctypes.Structure):
    """`Py_buffer`, see "Buffer Protocol" in Python's C API."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    )


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = (ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int)
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = (ctypes.POINTER(_Buffer),)
_release_buffer.restype = None
_from_memory = ctypes.pythonapi.PyMemoryView_FromMemory
_from_memory.restype = ctypes.py_object
_from_memory.argtypes = (ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int)


def uploadable(plane: memoryview) -> memoryview:
    """The same bytes as a view that says it may be written.

    `Texture.blit_buffer` of Kivy 2.3.1 only reads, but asks for writable memory, and refuses the read-only mapping of a
    frame ring. (Should it ever write, the mapping stops the process; it cannot spoil another's picture.) The address
    comes from the buffer protocol itself: numpy, which would give it as well, costs the idle app 9 MB.

    The result must not be kept longer than `plane`.
    """
    if not plane.readonly:
        return plane
    buffer = _Buffer()
    _get_buffer(plane, ctypes.byref(buffer), _SIMPLE)
    try:
        view: memoryview = _from_memory(buffer.buf, buffer.len, _WRITABLE)
    finally:
        _release_buffer(ctypes.byref(buffer))
    return view
