"""Debian's Chromium with its own fake camera, microphone and screen, driven by Playwright."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import Browser, Page, async_playwright, expect

_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
)
_DEADLINE_MS = 20_000
expect.set_options(timeout=_DEADLINE_MS)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless browser."""
    found = shutil.which("chromium")
    assert found, "Chromium is not installed: apt-get install chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, headless=True, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@contextlib.asynccontextmanager
async def open_tab(browser: Browser, address: str, locale: str = "de-DE") -> AsyncIterator[Page]:
    """A tab at `address`; an error in its scripts, or a breach of its content policy, is an error here."""
    context = await browser.new_context(locale=locale, viewport={"width": 1280, "height": 800})
    errors: list[str] = []
    tab = await context.new_page()
    tab.set_default_timeout(_DEADLINE_MS)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
    await tab.goto(address)
    try:
        yield tab
    finally:
        await context.close()
    assert not errors, errors


def by(name: str) -> str:
    """The selector of an element by its test id."""
    return f"[data-testid={name}]"


async def stats(tab: Page) -> Any:
    """`window.rundtisch.stats()` of the desk page."""
    return await tab.evaluate("rundtisch.stats()")


async def page_until(tab: Page, holds: str, timeout_ms: int = _DEADLINE_MS) -> None:
    """Waits until a condition on `s`, the desk page's statistics, holds; `wait_for_function` waits for no promise."""
    await tab.evaluate(
        f"""async (deadline_ms) => {{
          for (const end = performance.now() + deadline_ms; ; ) {{
            const s = await rundtisch.stats();
            if ({holds}) return;
            if (performance.now() > end) throw new Error('not in time: ' + JSON.stringify(s));
            await new Promise((later) => setTimeout(later, 50));
          }}
        }}""",
        timeout_ms,
    )
