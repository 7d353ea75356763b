// What really arrives: counted at the receivers, not assumed. Draws the picture or its absence, and who speaks.

import { LINES } from './peer.js';

const EVERY_MS = 400;
const PICTURE_GONE_MS = { camera: 2000, screen: 3500 };
const SPEAKS_ABOVE = 0.02;
const SPEAKS_ON_MS = 150;
const SPEAKS_OFF_MS = 600;
const NOTHING = { hasCamera: false, hasScreen: false, speaks: false };

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
    const counts = await count(peer);
    const now = performance.now();
    const old = this.known.get(id) ?? { frames: {}, at: {}, loudSince: 0, loudAt: -Infinity };
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
    old.speaks = old.loudSince > 0 && now - old.loudSince >= SPEAKS_ON_MS;
    this.known.set(id, old);
  }
}

function seen({ hasCamera, hasScreen, speaks }) {
  return [hasCamera, hasScreen, speaks];
}

/** Counters of the present peer connection, by media line. */
async function count(peer) {
  const counts = Object.fromEntries(LINES.map((line) => [line, { frames: 0, packets: 0, sent: 0, level: 0 }]));
  const { pc } = peer;
  if (!pc || pc.connectionState === 'closed') return counts;
  const lines = new Map(pc.getTransceivers().map((line, index) => [line.mid, LINES[index]]));
  for (const entry of (await pc.getStats()).values()) {
    const line = counts[lines.get(entry.mid)];
    if (line && entry.type === 'inbound-rtp') {
      line.frames = entry.framesDecoded ?? 0;
      line.packets = entry.packetsReceived ?? 0;
      line.level = entry.audioLevel ?? 0;
    } else if (line && entry.type === 'outbound-rtp') {
      line.sent = entry.kind === 'audio' ? (entry.packetsSent ?? 0) : (entry.framesSent ?? 0);
    }
  }
  return counts;
}

/** For tests: where the page stands, and what every peer connection has carried. */
export async function stats(state, socket, media) {
  const { call } = state;
  const peers = {};
  for (const [id, peer] of call?.peers ?? []) {
    peers[id] = { link: peer.link, generation: peer.generation, ...(await count(peer)) };
  }
  const isSharing = Boolean(media.screen);
  return { isOpen: socket.isOpen, call: call?.id ?? '', standing: call?.standing ?? '', isSharing, peers };
}
