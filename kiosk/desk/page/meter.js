// What really arrives: counted at the receivers, not assumed. Draws the picture or its absence, and who speaks.

const EVERY_MS = 400;
const SLOW_MS = 800;
const PICTURE_GONE_MS = { camera: 2000, screen: 3500 };
const SPEAKS_ABOVE = 0.02;
const SPEAKS_ON_MS = 150;
const SPEAKS_OFF_MS = 600;
const NOTHING = { hasCamera: false, hasScreen: false, screenSince: 0, speaks: false };

export class Meter {
  constructor(call, changed) {
    this.call = call;
    this.changed = changed;
    this.known = new Map();
    setInterval(() => this.read(), EVERY_MS);
  }

  of(id) {
    return this.known.get(id) ?? NOTHING;
  }

  async read() {
    const peers = this.call()?.peers ?? new Map();
    for (const id of this.known.keys()) if (!peers.has(id)) this.known.delete(id);
    const before = JSON.stringify([...this.known.values()].map(seen));
    await Promise.all([...peers].map(([id, peer]) => this.readPeer(id, peer)));
    if (JSON.stringify([...this.known.values()].map(seen)) !== before) this.changed();
  }

  async readPeer(id, peer) {
    const counts = await peer.count();
    const now = performance.now();
    const old = this.known.get(id) ?? { frames: {}, at: {}, loudSince: 0, loudAt: -Infinity, screenSince: 0 };
    this.listen(peer, old, counts, now);
    peer.hasRoom?.(counts);
    for (const line of ['camera', 'screen']) {
      const frames = counts[line].frames;
      if (frames && frames !== old.frames[line]) old.at[line] = now;
      old.frames[line] = frames;
    }
    if (counts.microphone.level > SPEAKS_ABOVE) {
      old.loudSince ||= now;
      old.loudAt = now;
    } else if (now - old.loudAt > SPEAKS_OFF_MS) {
      old.loudSince = 0;
    }
    old.hasCamera = now - old.at.camera < PICTURE_GONE_MS.camera;
    old.hasScreen = now - old.at.screen < PICTURE_GONE_MS.screen;
    old.screenSince = old.hasScreen ? old.screenSince || now : 0;
    old.speaks = old.loudSince > 0 && now - old.loudSince >= SPEAKS_ON_MS;
    this.known.set(id, old);
  }

  /** Time in which this page itself could not look does not count as silence; nor does what a browser does not tell. */
  listen(peer, old, { arrived, hasChecks }, now) {
    const passed = Math.min(now - (old.readAt ?? now), SLOW_MS);
    old.silent = hasChecks && arrived === old.arrived ? (old.silent ?? 0) + passed : 0;
    Object.assign(old, { arrived, readAt: now });
    peer.hasBeenSilent(old.silent);
  }
}

function seen({ hasCamera, hasScreen, screenSince, speaks }) {
  return [hasCamera, hasScreen, screenSince, speaks];
}

/** For tests: where the page stands, and what every peer connection has carried. */
export async function stats(state, socket, media) {
  const { call } = state;
  const peers = {};
  for (const [id, peer] of call?.peers ?? []) {
    const { link, generation, narrow } = peer;
    peers[id] = { link, generation, shrink: narrow?.shrink, ...(await peer.count()) };
  }
  const isSharing = Boolean(media.screen);
  const published = await call?.server.count();
  return { isOpen: socket.isOpen, call: call?.id ?? '', standing: call?.standing ?? '', isSharing, peers, published };
}
