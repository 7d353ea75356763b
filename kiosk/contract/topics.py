"""The topic tree of `rundtisch/v1`, in one place. Terminals are `{site}.{room}`."""

import re

ROOT = "rundtisch/v1"
DIRECTORY = f"{ROOT}/directory"
REVOKED = f"{ROOT}/revoked"
"""Retained: ids of desk and guest links that were withdrawn (`RevokedLinks`)."""

ROLLOUT_ALERT = f"{ROOT}/central/alert/rollout"
"""Retained, an `Alert`: a rollout was halted by itself."""

_TERMINAL = re.compile(r"^[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}\Z")
_ID = re.compile(r"^[a-z0-9-]{1,32}\Z")


def is_terminal(name: str) -> bool:
    """Whether `name` is a terminal's name, `{site}.{room}`."""
    return bool(_TERMINAL.match(name))


def is_id(name: str) -> bool:
    """Whether `name` may stand for a desk, guest, office or need in a topic."""
    return bool(_ID.match(name))


def terminal(name: str, *rest: str) -> str:
    """A topic below a terminal: `terminal("nord.r1", "status")`."""
    return "/".join((ROOT, "terminals", name, *rest))


def desk(name: str, *rest: str) -> str:
    """A topic below a desk: `desk("debts-1", "presence")`."""
    return "/".join((ROOT, "desks", name, *rest))


def room_to_partner(terminal_name: str, desk_name: str, kind: str) -> str:
    """Written by the terminal, below its own name as the broker's rules ask."""
    return terminal(terminal_name, "desk", desk_name, kind)


def partner_to_room(desk_name: str, terminal_name: str, kind: str) -> str:
    """Written by the desk server, below the desk the link was signed for."""
    return desk(desk_name, "terminal", terminal_name, kind)


def split(topic: str) -> list[str]:
    """The levels below the root; empty when the topic is not of this tree."""
    prefix = ROOT + "/"
    return topic[len(prefix) :].split("/") if topic.startswith(prefix) else []
