"""What a line's pictures are, which says what gives way first when there is not room for all."""

from enum import StrEnum


class Content(StrEnum):
    """As WebRTC's content hint has it."""

    MOTION = "motion"
    """People: smooth first. Sharpness falls before pictures a second."""
    DETAIL = "detail"
    """A laptop's screen or a document: sharp first. Never scaled; pictures a second fall."""
