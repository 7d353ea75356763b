"""A way that was narrow: when the page has Chromium try whether it carries more, and what such a try leaves alone."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.fakes.browser import chromium, open_tab
from tests.fakes.desk_house import DESK, desk_house

WANTED = 1_800_000
JS_WHEN = """async ([wanted, said]) => {
  const { Wider } = await import('/assets/wider.js');
  const wider = new Wider();
  wider.begin(0);
  return said.map(([at_ms, available, lost = 0]) => wider.look({ available, lost }, wanted, at_ms));
}"""
JS_TRY = """async (extra) => {
  const { tryMore } = await import('/assets/wider.js');
  const [near, far] = [new RTCPeerConnection({ bundlePolicy: 'max-bundle' }), new RTCPeerConnection()];
  for (const [one, other] of [[near, far], [far, near]]) {
    one.onicecandidate = ({ candidate }) => candidate && other.addIceCandidate(candidate);
  }
  const pen = Object.assign(document.createElement('canvas'), { width: 320, height: 180 }).getContext('2d');
  setInterval(() => pen.fillRect(Math.random() * 320, 0, 9, 180), 50);
  const [track] = pen.canvas.captureStream(20).getVideoTracks();
  near.addTransceiver(track);
  near.addTransceiver('video');
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription);
  for (const line of far.getTransceivers()) line.direction = 'sendrecv';
  await far.getTransceivers()[0].sender.replaceTrack(track);
  await far.setLocalDescription();
  const { sdp } = far.localDescription;
  const answer = sdp.replace('a=extmap-allow-mixed\\r\\n', '').replace(/(m=video .*\\r\\nc=.*\\r\\n)/, `$1${extra}`);
  await near.setRemoteDescription({ type: 'answer', sdp: answer });
  const look = async (pc) => {
    const all = [...(await pc.getStats()).values()].filter(({ type }) => type === 'outbound-rtp');
    const [frames, keyframes] = ['framesEncoded', 'keyFramesEncoded'].map((name) =>
      all.reduce((sum, entry) => sum + (entry[name] ?? 0), 0));
    const said = pc.remoteDescription.sdp.match(/^b=.*$/gm) ?? [];
    return { frames, keyframes, said, state: pc.signalingState, count: all.length };
  };
  const runs = async (pc, frames) => {
    while ((await look(pc)).frames < frames) await new Promise((later) => setTimeout(later, 50));
    return look(pc);
  };
  const found = [];
  for (const pc of [near, far]) {
    const before = await runs(pc, 10);
    for (let count = 0; count < 2; count += 1) await tryMore(pc);
    found.push([before, await runs(pc, before.frames + 10)]);
  }
  near.close();
  await tryMore(near);
  far.close();
  return found;
}"""


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Page]:
    async with desk_house(tmp_path) as desk, chromium() as browser:
        async with open_tab(browser, f"{desk.address}/desk/{desk.desk_token(DESK)}") as tab:
            yield tab


async def test_a_quiet_way_that_carries_too_little_is_tried_now_and_then(tab: Page) -> None:
    """Not at first, not soon after it was full or lossy, not where it carries enough or very little, not too often."""
    said: list[tuple[float, ...]] = [
        *((1000, 600_000), (3000, 610_000), (4000, 620_000), (5500, 630_000), (8000, 640_000), (10_600, 650_000)),
        *((13_000, 500_000), (15_900, 510_000), (16_100, 520_000), (21_200, 0), (22_000, 1_700_000)),
        *((23_500, 400_000), (27_000, 420_000), (27_400, 460_000), (29_000, 1_500_000), (30_000, 1_700_000)),
        *((33_000, 900_000), (35_000, 900_000, 0.1), (37_900, 900_000), (38_100, 900_000)),
    ]
    found = await tab.evaluate(JS_WHEN, [WANTED, said])
    tried = [at_ms for (at_ms, *_), is_tried in zip(said, found, strict=True) if is_tried]
    assert tried == [3000, 5500, 10_600, 16_100, 27_400, 38_100]


async def test_a_try_leaves_the_streams_as_they_are(tab: Page) -> None:
    """Both who offered and who answered say more each time; pictures go on, without a keyframe, on a sealed path."""
    found: list[list[dict[str, Any]]] = await tab.evaluate(JS_TRY, "")
    for before, after in found:
        assert before["said"] == []
        assert after["said"] == ["b=AS:8001"]
        assert after["state"] == "stable"
        assert after["frames"] >= before["frames"] + 10
        assert (after["keyframes"], after["count"]) == (before["keyframes"], before["count"])


async def test_what_the_far_side_says_is_the_most_stays(tab: Page) -> None:
    """Where its description holds a limit of its own nothing is tried."""
    (before, after), _ = await tab.evaluate(JS_TRY, "b=AS:300\r\n")
    assert before["said"] == after["said"] == ["b=AS:300"]
