"""A camera for both rivals: a file."""

from pathlib import Path

from tests.bench.rivals import clip


def write_camera(path: Path) -> None:
    """Two seconds of the clip's scene as Y4M, which both rivals take for a camera."""
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{clip.WIDTH} H{clip.HEIGHT} F{clip.PER_S}:1 Ip A1:1 C420jpeg\n".encode())
        for frame in clip.frames(2 * clip.PER_S):
            file.write(b"FRAME\n" + frame.to_ndarray().tobytes())
