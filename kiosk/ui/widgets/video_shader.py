"""The shader that makes colour from brightness and two colour differences, and its numbers. No Kivy."""

from typing import NamedTuple

VERTEX = """
#ifdef GL_ES
precision highp float;
#endif
attribute vec2 vPosition;
attribute vec2 vPlace;
attribute float vCover;
uniform mat4 modelview_mat;
uniform mat4 projection_mat;
varying vec2 place;
varying float cover;
void main(void) {
    place = vPlace;
    cover = vCover;
    gl_Position = projection_mat * modelview_mat * vec4(vPosition, 0.0, 1.0);
}
"""

FRAGMENT = """
#ifdef GL_ES
#ifdef GL_FRAGMENT_PRECISION_HIGH
precision highp float;
#else
precision mediump float;
#endif
#endif
varying vec2 place;
varying float cover;
uniform sampler2D texture0;
uniform sampler2D texture_u;
uniform sampler2D texture_v;
uniform vec4 reach;   // width / stride and last whole place: of y, then of u and v
uniform vec3 levels;  // black, gain of y, gain of u and v
uniform vec4 mixing;  // v to red, u to green, v to green, u to blue
uniform float opacity;
void main(void) {
    vec2 at_y = vec2(min(place.x * reach.x, reach.y), place.y);
    vec2 at_c = vec2(min(place.x * reach.z, reach.w), place.y);
    float y = (texture2D(texture0, at_y).r - levels.x) * levels.y;
    float u = (texture2D(texture_u, at_c).r - 0.50196) * levels.z;
    float v = (texture2D(texture_v, at_c).r - 0.50196) * levels.z;
    vec3 rgb = vec3(y + mixing.x * v, y - mixing.y * u - mixing.z * v, y + mixing.w * u);
    gl_FragColor = vec4(clamp(rgb, 0.0, 1.0), cover * opacity);
}
"""

MIXING = ((1.402, 0.344136, 0.714136, 1.772), (1.5748, 0.187324, 0.468124, 1.8556))
"""ITU-R BT.601-7 and BT.709-6, by `ColourMatrix` of `kiosk.runtime.frames`."""

LEVELS = ((16 / 255, 255 / 219, 255 / 224), (0.0, 1.0, 1.0))
"""Black, gain of y, gain of the differences, by `ColourRange`: limited, full."""


class Reach(NamedTuple):
    """How far a row of a padded plane may be read: the bytes behind the picture belong to nobody."""

    y_scale: float
    y_last: float
    c_scale: float
    c_last: float


def reach(width: int, y_stride: int, uv_stride: int) -> Reach:
    """Shares of a row for a picture so wide; half a pixel is left off at the end of a padded row, where filtering
    would mix in the padding."""
    half = (width + 1) // 2
    y_half = 0.5 if y_stride > width else 0.0
    c_half = 0.5 if uv_stride > half else 0.0
    return Reach(width / y_stride, (width - y_half) / y_stride, width / 2 / uv_stride, (half - c_half) / uv_stride)
