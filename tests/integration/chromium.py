"""Debian's Chromium with a partner's page in it: a person at a desk or a guest, as a test needs one."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

CHROMIUM = "/usr/bin/chromium"
SHARED_TITLE, SHARED_COLOUR = "Ratenplan", (30, 200, 60)
"""The tab that is shown when the page shares its screen: nothing but this colour."""
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    f"--auto-select-tab-capture-source-by-title={SHARED_TITLE}",
)
_KEEP_CONNECTIONS = """
window.connections = [];
const Original = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Original {
  constructor(...given) { super(...given); window.connections.push(this); }
};
"""
_STREAMS = """
async () => {
  const streams = {};
  for (const pc of window.connections.filter((one) => one.connectionState === 'connected')) {
    for (const entry of (await pc.getStats()).values()) {
      if (entry.type === 'inbound-rtp') { streams[entry.mid] = entry.ssrc; }
    }
  }
  return streams;
}
"""
_LINES = ("microphone", "camera", "screen")


class PartnerPage:
    """One tab with the desk's page."""

    def __init__(self, tab: Page) -> None:
        self.tab = tab
        self.problems: list[str] = []
        tab.on("pageerror", lambda error: self.problems.append(str(error)))
        tab.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)

    async def open(self, link: str, name: str = "Frau Öztürk") -> None:
        """Loads a link and says the name where it is asked for."""
        await self.tab.goto(link)
        if await self.find("name").count():
            await self.find("name").fill(name)
            await self.find("name-go").click()

    def find(self, testid: str) -> Any:
        """What carries this `data-testid`."""
        return self.tab.get_by_test_id(testid)

    async def stats(self) -> dict[str, Any]:
        """Where the page stands and what its peer connections have carried, see `page/meter.js`."""
        found: dict[str, Any] = await self.tab.evaluate("() => window.rundtisch.stats()")
        return found

    async def room(self) -> dict[str, Any]:
        """Counters of the connection to the room by media line, from getStats; empty while there is none."""
        found: dict[str, Any] = (await self.stats())["peers"].get("room", {})
        return found

    async def streams_of_room(self) -> dict[str, int]:
        """Media line → SSRC of what the room sends. The room must be the only peer."""
        found: dict[str, int] = await self.tab.evaluate(_STREAMS)
        return {_LINES[int(mid)]: ssrc for mid, ssrc in found.items()}

    async def picture(self, path: Path) -> None:
        """A screenshot."""
        await self.tab.screenshot(path=path)


class Browser:
    """A running Chromium. Its tabs share one window, as a person's do."""

    def __init__(self, context: Any) -> None:
        self._context = context

    async def new_page(self) -> PartnerPage:
        """An empty tab, with what a partner's page needs."""
        return PartnerPage(await self._context.new_page())

    async def open_shared_tab(self) -> Page:
        """The tab that will be shared, in its one colour with something that moves a little."""
        tab: Page = await self._context.new_page()
        await tab.set_content(
            f"<title>{SHARED_TITLE}</title><style>html {{ background: rgb{SHARED_COLOUR} }}"
            "i { position: fixed; width: 9px; height: 9px; background: #fff; animation: go 2s linear infinite }"
            "@keyframes go { to { left: 100% } }</style><i></i>"
        )
        return tab


@contextlib.asynccontextmanager
async def running_chromium(language: str = "de") -> AsyncIterator[Browser]:
    """Starts Chromium, and ends it."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        context = await chromium.new_context(
            locale=language, viewport={"width": 1280, "height": 800}, permissions=["camera", "microphone"]
        )
        await context.add_init_script(_KEEP_CONNECTIONS)
        try:
            yield Browser(context)
        finally:
            await chromium.close()
