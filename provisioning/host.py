"""Names and addresses of machines as people write them: whether they can be any. Asks no name server."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_MAX_CHARACTERS = 253
_LABEL = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")


def is_host(text: str) -> bool:
    """A name of DNS (RFC 1123, 2.1) or an IP address without a zone."""
    if is_address(text):
        return True
    labels = text.split(".")
    # What ends in a number is a mistyped address, and resolvers take it for one.
    return len(text) <= _MAX_CHARACTERS and all(map(_LABEL.match, labels)) and not labels[-1].isdigit()


def is_address(text: str) -> bool:
    """An IP address of either family, without a zone."""
    try:
        return bool(ip_address(text)) and "%" not in text
    except ValueError:
        return False


def is_url(text: str, *schemes: str) -> bool:
    """An address of one of these schemes, with a host and a port that can be."""
    try:
        split = urlsplit(text)
        return split.scheme in schemes and bool(split.hostname) and is_host(split.hostname or "") and split.port != 0
    except ValueError:  # brackets without end; a port that is none
        return False
