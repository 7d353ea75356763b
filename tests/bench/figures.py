"""Few numbers out of many, and the one JSON object that a bench prints."""

import argparse
import asyncio
import contextlib
import json
import math
import statistics
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from kiosk.contract.errors import RundtischError

Result = dict[str, Any]


def summary(samples: Sequence[float], digits: int) -> dict[str, float]:
    """Median, 95th percentile (nearest rank) and count."""
    ordered = sorted(samples)
    rank = math.ceil(0.95 * len(ordered))
    return {
        "median": round(statistics.median(ordered), digits),
        "p95": round(ordered[rank - 1], digits),
        "n": len(ordered),
    }


def options(
    description: str, name: str, default: float, what: str, *, rivals: Sequence[str] = ()
) -> argparse.Namespace:
    """`--json` and one number; with `rivals` also `--rival`, which measures one of them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, else a table")
    parser.add_argument(f"--{name}", type=type(default), default=default, help=f"{what}, default {default:g}")
    if rivals:
        parser.add_argument("--rival", choices=rivals, help="only this one, default: each")
    return parser.parse_args()


def run(bench: Callable[[], Coroutine[Any, Any, Result]], *, is_json: bool) -> None:
    """Runs a bench and prints its result. Exits with 1 when something did not work, whatever the numbers are."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            result = asyncio.run(bench())
    except (RundtischError, AssertionError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(result, indent=None if is_json else 2))


def say(text: str) -> None:
    """Progress, for who waits."""
    print(text, file=sys.stderr, flush=True)
