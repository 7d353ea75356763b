"""VP8 by libvpx itself, past FFmpeg, which hands a running encoder no new rate: there each one costs a keyframe.

The library is the one that PyAV brings along. Its structures are given here as `vpx/vpx_encoder.h` and
`vpx/vpx_image.h` of libvpx 1.8 to 1.16 have them, and compared with the library's own defaults before they are used.
"""

import ctypes
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import av

from kiosk.contract.errors import MediaError, Reason
from kiosk.media.sending.clock import TIME_BASE
from kiosk.media.sending.content import Content
from kiosk.media.sending.packets import Packet
from kiosk.media.sending.sizes import Size

_I420 = 0x102
_REALTIME = 1
_KEYFRAME = 1
_CONTEXT_BYTES = 256
"""`vpx_codec_ctx_t` has 56."""
_ABI_MISMATCH = 3
_CPU_USED, _NOISE, _STATIC, _MAX_INTRA_PCT = 13, 15, 17, 26
"""Of `vp8e_enc_control_id` in `vpx/vp8cx.h`."""
_CBR = 1
_QUANTIZERS = {Content.MOTION: (4, 56), Content.DETAIL: (4, 40)}
_NO_KEYFRAMES = 0


class _Configuration(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_uint) for name in ("usage", "threads", "profile", "width", "height")),
        *(("bit_depth", ctypes.c_int), ("input_bit_depth", ctypes.c_uint)),
        *(("time_base_num", ctypes.c_int), ("time_base_den", ctypes.c_int)),
        *((name, ctypes.c_uint) for name in ("error_resilient", "pass_", "lag_in_frames", "dropframe_thresh")),
        *((name, ctypes.c_uint) for name in ("resize", "scaled_width", "scaled_height", "resize_up", "resize_down")),
        ("end_usage", ctypes.c_int),
        ("statistics", ctypes.c_size_t * 4),
        *((name, ctypes.c_uint) for name in ("target_bitrate", "min_quantizer", "max_quantizer")),
        *((name, ctypes.c_uint) for name in ("undershoot_pct", "overshoot_pct")),
        *((name, ctypes.c_uint) for name in ("buffer_ms", "buffer_initial_ms", "buffer_optimal_ms")),
        ("two_pass", ctypes.c_uint * 4),
        *(("keyframe_mode", ctypes.c_int), ("keyframe_min", ctypes.c_uint), ("keyframe_max", ctypes.c_uint)),
        ("layers", ctypes.c_uint8 * 4096),
    )


_DEFAULTS = {
    **{"width": 320, "height": 240, "time_base_num": 1, "time_base_den": 30, "target_bitrate": 256},
    **{"min_quantizer": 4, "max_quantizer": 63, "undershoot_pct": 100, "overshoot_pct": 100},
    **{"buffer_ms": 6000, "buffer_initial_ms": 4000, "buffer_optimal_ms": 5000},
    **{"keyframe_mode": 1, "keyframe_min": 0, "keyframe_max": 128},
}
"""Of VP8, in every version."""


class _Image(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("format", "space", "range")),
        *((name, ctypes.c_uint) for name in ("stored_width", "stored_height", "bit_depth")),
        *((name, ctypes.c_uint) for name in ("width", "height", "render_width", "render_height")),
        *((name, ctypes.c_uint) for name in ("x_shift", "y_shift")),
        ("planes", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
    )


class _Packet(ctypes.Structure):
    _fields_ = (
        *(("kind", ctypes.c_int), ("data", ctypes.c_void_p), ("size", ctypes.c_size_t)),
        *(("pts", ctypes.c_int64), ("duration", ctypes.c_ulong), ("flags", ctypes.c_uint32)),
    )


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """libvpx and the version of its binary interface. Raises MediaError: not here, or not as we know it."""
    folder = Path(av.__file__).resolve().parent.parent / "av.libs"
    path = next(folder.glob("libvpx-*.so*"), None)
    if path is None:
        raise MediaError("libvpx: PyAV brings none", Reason.INTERNAL)
    library = ctypes.CDLL(str(path))
    for name in ("vpx_codec_vp8_cx", "vpx_codec_get_cx_data", "vpx_img_alloc", "vpx_codec_error_detail"):
        getattr(library, name).restype = ctypes.c_void_p
    library.vpx_codec_encode.argtypes = (
        *(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64),
        *(ctypes.c_ulong, ctypes.c_long, ctypes.c_ulong),
    )
    defaults = _defaults(library)
    strange = [name for name, value in _DEFAULTS.items() if getattr(defaults, name) != value]
    if strange:
        raise MediaError(f"libvpx: other defaults than expected for {strange}", Reason.INTERNAL)
    context = ctypes.create_string_buffer(_CONTEXT_BYTES)
    interface = ctypes.c_void_p(library.vpx_codec_vp8_cx())
    for version in range(1, 100):
        status = library.vpx_codec_enc_init_ver(context, interface, ctypes.byref(defaults), 0, version)
        if status != _ABI_MISMATCH:
            library.vpx_codec_destroy(context)
            return library, version
    raise MediaError("libvpx: no version of its interface fits", Reason.INTERNAL)


def _defaults(library: ctypes.CDLL) -> Any:
    configuration = _Configuration()
    interface = ctypes.c_void_p(library.vpx_codec_vp8_cx())
    if library.vpx_codec_enc_config_default(interface, ctypes.byref(configuration), 0):
        raise MediaError("libvpx: no defaults for VP8", Reason.INTERNAL)
    return configuration


class Vp8Encoder:
    """An `Encoder`."""

    name = "libvpx"
    has_smooth_rate = True

    def __init__(self, size: Size, frames_per_second: int, bitrate_bps: int, content: Content) -> None:
        """Raises MediaError when it does not open."""
        self._library, version = _library()
        self.size, self.bitrate_bps = size, bitrate_bps
        self._duration = TIME_BASE.denominator // frames_per_second
        self._configuration = configuration = _defaults(self._library)
        configuration.width, configuration.height, configuration.threads = *size, 1
        configuration.time_base_num, configuration.time_base_den = TIME_BASE.as_integer_ratio()
        configuration.lag_in_frames, configuration.end_usage = 0, _CBR
        configuration.target_bitrate = max(1, bitrate_bps // 1000)
        configuration.min_quantizer, configuration.max_quantizer = _QUANTIZERS[content]
        configuration.undershoot_pct, configuration.overshoot_pct = 100, 15
        configuration.buffer_ms, configuration.buffer_initial_ms, configuration.buffer_optimal_ms = 1000, 500, 600
        configuration.keyframe_mode = _NO_KEYFRAMES
        self._context = ctypes.create_string_buffer(_CONTEXT_BYTES)
        interface = ctypes.c_void_p(self._library.vpx_codec_vp8_cx())
        self._check(
            self._library.vpx_codec_enc_init_ver(self._context, interface, ctypes.byref(configuration), 0, version)
        )
        weakref.finalize(self, self._library.vpx_codec_destroy, self._context)
        is_motion = content is Content.MOTION
        for control, value in ((_CPU_USED, -12), (_NOISE, 0), (_STATIC, 1), (_MAX_INTRA_PCT, 600 if is_motion else 0)):
            self._check(self._library.vpx_codec_control_(self._context, control, ctypes.c_int(value)))
        self._image = _Image.from_address(self._library.vpx_img_alloc(None, _I420, *size, 1))
        original = tuple(self._image.planes)
        weakref.finalize(self, _free, self._library, self._image, original)

    def _check(self, status: int) -> None:
        if status:
            raise MediaError(f"encoder libvpx: error {status}", Reason.INTERNAL)

    def set_bitrate(self, bitrate_bps: int) -> None:
        self.bitrate_bps = bitrate_bps
        self._configuration.target_bitrate = max(1, bitrate_bps // 1000)
        self._check(self._library.vpx_codec_enc_config_set(self._context, ctypes.byref(self._configuration)))

    def encode(self, frame: av.VideoFrame, pts: int, *, is_keyframe: bool) -> list[Packet]:
        if (frame.width, frame.height) != self.size or frame.format.name not in ("yuv420p", "yuvj420p"):
            raise MediaError("encoder libvpx: a picture of another size or format", Reason.INTERNAL)
        for index, plane in enumerate(frame.planes):
            self._image.planes[index] = plane.buffer_ptr
            self._image.strides[index] = plane.line_size
        flags = _KEYFRAME if is_keyframe else 0
        self._check(
            self._library.vpx_codec_encode(
                self._context, ctypes.byref(self._image), pts, self._duration, flags, _REALTIME
            )
        )
        packets, iterator = [], ctypes.c_void_p()
        while found := self._library.vpx_codec_get_cx_data(self._context, ctypes.byref(iterator)):
            given = _Packet.from_address(found)
            if given.kind == 0 and given.size:
                packet: Packet = av.Packet(ctypes.string_at(given.data, given.size))
                packet.pts, packet.time_base = pts, TIME_BASE
                packet.is_keyframe = bool(given.flags & _KEYFRAME)
                packets.append(packet)
        return packets


def _free(library: ctypes.CDLL, image: Any, planes: tuple[int | None, ...]) -> None:
    image.planes[:] = planes
    library.vpx_img_free(ctypes.byref(image))
