"""What the firmware and the kernel are told: `cmdline.txt` and `config.txt`, as they are and as a terminal needs them.

Done twice it is the same as done once, so a card may be made ready again.
"""

from collections.abc import Iterable

CMDLINE, CONFIG = "cmdline.txt", "config.txt"
_QUIET = ("quiet", "loglevel=3", "vt.global_cursor_default=0", "consoleblank=0", "panic=10")
_DROPPED = (
    "console=serial",  # who opens the case finds no login there
    "splash",
    "plymouth.",
    "ds=nocloud",
    "cfg80211.ieee80211_regdom=",
    "systemd.run",
    "systemd.unit=kernel-command-line.target",
)
_BEGIN, _END = "# rundtisch: begin", "# rundtisch: end"
_SETTINGS = """[all]
disable_splash=1
dtparam=watchdog=on
dtoverlay=vc4-kms-v3d
"""


def cmdline(text: str, more: Iterable[str]) -> str:
    """One line, as the firmware wants it: what was there, a quiet screen, and `more`."""
    ours = (*_QUIET, *more)
    names = {word.partition("=")[0] for word in _QUIET}
    kept = [word for word in text.split() if not word.startswith(_DROPPED) and word.partition("=")[0] not in names]
    return " ".join((*kept, *ours)) + "\n"


def config(text: str) -> str:
    """The file with our part at its end; an older part of ours is replaced."""
    before, begin, rest = text.partition(_BEGIN)
    after = rest.partition(_END)[2] if begin else ""
    return f"{before.rstrip()}\n\n{_BEGIN}\n{_SETTINGS}{_END}\n{after.lstrip()}".lstrip("\n")
