"""`python -m kiosk.desk.robot --link URL --name NAME [--knock] [--answer] …`: a partner without a person."""

import argparse
import asyncio
import os
import ssl
from pathlib import Path

from kiosk.desk.robot.line import Line, socket_address
from kiosk.desk.robot.partner import Behaviour, Partner
from kiosk.desk.robot.peer import notice_lost_paths_soon
from kiosk.desk.robot.report import Report
from kiosk.runtime import service


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m kiosk.desk.robot", description=__doc__)
    parser.add_argument("--link", required=True, help="its desk or guest link")
    parser.add_argument("--name", required=True, help="as it introduces itself")
    parser.add_argument("--why", default="", help="what it says at the door")
    parser.add_argument("--knock", action="store_true", help="knock for its appointments")
    parser.add_argument("--answer", action="store_true", help="answer rings")
    parser.add_argument("--delay-s", type=float, default=0.0, help="before it knocks or answers")
    parser.add_argument("--camera", default="pattern", help="pattern, none, or #rrggbb for the ground behind it")
    parser.add_argument("--share-after-s", type=float, help="shows a screen so long after it was let in")
    parser.add_argument("--report", type=Path, metavar="FILE", help="JSON, written anew as things happen")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="authority of an https link, as PEM")
    options = parser.parse_args()
    if options.camera not in ("pattern", "none") and _colour(options.camera) is None:
        parser.error("--camera: expected pattern, none or #rrggbb")
    return options


def _colour(text: str) -> int | None:
    try:
        return int(text[1:], 16) if len(text) == 7 and text.startswith("#") else None
    except ValueError:
        return None


async def _main(options: argparse.Namespace) -> None:
    notice_lost_paths_soon()
    report = Report()
    behaviour = Behaviour(
        name=options.name,
        why=options.why,
        knocks=options.knock,
        answers=options.answer,
        delay_s=options.delay_s,
        share_after_s=options.share_after_s,
        has_camera=options.camera != "none",
        is_guest="/guest/" in options.link,
        ground=_colour(options.camera),
    )
    partner = Partner(behaviour, report)
    tls = ssl.create_default_context(cafile=options.ca) if options.ca else None
    partner.line = Line(socket_address(options.link), partner.opened, partner.heard, tls)
    running = asyncio.create_task(partner.line.run(), name="line")
    keeping = asyncio.create_task(report.keep(options.report), name="report") if options.report else None
    try:
        await asyncio.shield(running)
    finally:
        if keeping:
            keeping.cancel()
        if options.report:
            report.write(options.report)
        await partner.close()
        await partner.line.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    options = _options()
    service.run("robot", lambda: _main(options))
    os._exit(0)  # aiortc's decoder of a connection that was closed while it came to be would never let the process end
