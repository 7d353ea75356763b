// What comes from a media server: the feeds of others on one peer connection, with new offers as people come and go.

import { countsOf, nothing } from './counts.js';
import { LINES } from './lines.js';
import { closePath, describe, newPath, takeCandidate } from './path.js';

const SUBSTREAM_PX = [200, 400];
const STATS_MS = 200;
/** A layer begins with a keyframe, and a browser gives none within 300 ms of the last one: it is asked for again. */
const ASK_AGAIN_MS = 600;
const ASK_TIMES = 8;

const named = (feed) => ({ feed });
const layerOf = (height) => SUBSTREAM_PX.filter((limit) => height > limit).length;

export class Subscription {
  /** `attach(heard)` makes a handle; `changed()`: another stream or link; `failed(error)`: nothing is left of it. */
  constructor({ attach, room, privateId, surroundings, changed, failed }) {
    Object.assign(this, { attach, room, privateId, surroundings, changed, failed });
    this.wanted = new Set();
    this.announced = new Set();
    this.heights = new Map();
    this.streams = new Map();
    this.generation = -1;
    this.reset();
  }

  reset() {
    closePath(this.pc);
    clearTimeout(this.timer);
    this.pc = this.handle = null;
    this.generation += 1;
    this.isUp = this.isJoined = this.isCareful = false;
    this.asked = new Set();
    this.early = [];
    this.lines = new Map();
    this.told = new Map();
    this.awaited = new Map();
    this.steps = Promise.resolve();
  }

  /** `feeds`: whom to receive, as soon as they are there. */
  want(feeds) {
    this.wanted = new Set(feeds);
    this.update();
  }

  came(feed) {
    this.announced.add(feed);
    this.update();
  }

  /** Its lines fall silent by themselves; under the same name it comes again with new ones. */
  went(feed) {
    this.announced.delete(feed);
    this.asked.delete(feed);
    for (const [mid, line] of this.lines) if (line.feed === feed) this.lines.delete(mid);
    this.changed();
  }

  update() {
    this.then(() => this.reconcile());
  }

  /** One after the other: an offer of the server waits for the answer to the one before. */
  then(step) {
    const { generation } = this;
    const isOver = () => this.isClosed || generation !== this.generation;
    this.steps = this.steps.then(() => isOver() || step()).catch((error) => isOver() || this.failed(error));
  }

  async reconcile() {
    const missing = [...this.wanted].filter((feed) => this.announced.has(feed) && !this.asked.has(feed));
    const subscribe = this.isCareful ? missing.slice(0, 1) : missing;
    const unsubscribe = [...this.asked].filter((feed) => !this.wanted.has(feed));
    if (!subscribe.length && !unsubscribe.length) return;
    for (const feed of subscribe) this.asked.add(feed);
    for (const feed of unsubscribe) this.asked.delete(feed);
    let news = null;
    try {
      news = await this.request(subscribe.map(named), unsubscribe.map(named));
    } catch (error) {
      if (!error.code || !subscribe.length) throw error;
      return this.refused(subscribe);
    }
    await this.take(news);
    this.isCareful = false;
    if (subscribe.length < missing.length) this.update();
  }

  /** One of them has just gone: then one after the other, and the one that is gone when it is announced again. */
  refused(feeds) {
    for (const feed of feeds) this.asked.delete(feed);
    if (feeds.length === 1) this.announced.delete(feeds[0]);
    this.isCareful = feeds.length > 1;
    this.update();
  }

  async request(subscribe, unsubscribe) {
    if (!this.isJoined) {
      const { room, privateId } = this;
      this.handle ??= await this.attach((data, jsep) => this.heard(data, jsep));
      const whom = { ptype: 'subscriber', room, private_id: privateId, streams: subscribe };
      const answer = await this.handle.request({ request: 'join', ...whom });
      this.isJoined = true;
      return answer;
    }
    const more = { ...(subscribe.length && { subscribe }), ...(unsubscribe.length && { unsubscribe }) };
    return this.handle.request({ request: 'update', ...more });
  }

  heard(data, jsep) {
    if (data.hangup) this.failed(new Error('hung up'));
    else if (data.candidate) this.candidate(data.candidate);
    else if (data.substream !== undefined) this.layerCame(data.mid, data.substream);
    if (jsep || data.streams) this.then(() => this.take({ data, jsep }));
  }

  candidate(candidate) {
    if (this.pc) takeCandidate(this.pc, candidate);
    else this.early.push(candidate);
  }

  /** What the server sends now, by media line; answers its offer. */
  async take({ data, jsep }) {
    if (this.isClosed) return;
    if (data.streams) this.read(data.streams);
    if (!jsep) return;
    this.pc ??= newPath(this.surroundings, this.handle, { up: () => this.up(), lost: () => this.failed(new Error('lost')) });
    const { pc } = this;
    await describe(pc, jsep);
    for (const candidate of this.early.splice(0)) takeCandidate(pc, candidate);
    await pc.setLocalDescription();
    const { type, sdp } = pc.localDescription;
    await this.handle.request({ request: 'start' }, { type, sdp });
    this.changed();
    this.configure();
  }

  read(streams) {
    const old = this.lines;
    this.lines = new Map();
    for (const { mid, feed_id: feed, feed_mid: theirs, active, simulcast } of streams) {
      const hasLayers = Boolean(simulcast);
      if (active !== false && this.wanted.has(feed)) this.lines.set(mid, { feed, line: LINES[theirs], hasLayers });
      if (old.get(mid)?.feed !== feed) this.told.delete(mid);
    }
  }

  up() {
    this.isUp = true;
    this.changed();
  }

  hasFeed(feed) {
    return this.isUp && [...this.lines.values()].some((line) => line.feed === feed);
  }

  /** By media line, the same objects as long as the same comes. */
  incoming(feed) {
    const found = {};
    for (const transceiver of this.pc?.getTransceivers() ?? []) {
      const { feed: source, line } = this.lines.get(transceiver.mid) ?? {};
      if (source !== feed) continue;
      const { track } = transceiver.receiver;
      const key = `${feed}/${track.id}`;
      if (!this.streams.has(key)) this.streams.set(key, new MediaStream([track]));
      found[line] = this.streams.get(key);
    }
    return found;
  }

  /** `heights`: feed to `{camera_px, screen_px}`. */
  show(heights) {
    this.heights = heights;
    this.configure();
  }

  /** A layer by height, nothing of what is not seen; a screen has one layer only, and stays whole. */
  configure() {
    const changes = [];
    for (const [mid, { feed, line, hasLayers }] of this.lines) {
      const height = this.heights.get(feed)?.[`${line}_px`];
      if (line === 'microphone' || height === undefined) continue;
      const layer = line === 'camera' && height > 0 ? { substream: layerOf(height) } : {};
      const change = { mid, send: height > 0, ...layer };
      if (this.told.get(mid) === JSON.stringify(change)) continue;
      this.told.set(mid, JSON.stringify(change));
      this.awaited.delete(mid);
      if (hasLayers && 'substream' in layer) this.awaited.set(mid, { change, times: 0 });
      changes.push(change);
    }
    this.tell(changes);
  }

  tell(changes) {
    clearTimeout(this.timer);
    if (changes.length) this.then(() => this.handle?.request({ request: 'configure', streams: changes }));
    if (this.awaited.size) this.timer = setTimeout(() => this.tellAgain(), ASK_AGAIN_MS);
  }

  tellAgain() {
    for (const [mid, asked] of this.awaited) if (++asked.times > ASK_TIMES) this.awaited.delete(mid);
    this.tell([...this.awaited.values()].map(({ change }) => change));
  }

  layerCame(mid, substream) {
    if (this.awaited.get(mid)?.change.substream === substream) this.awaited.delete(mid);
  }

  async count(feed) {
    if (!this.pc) return nothing();
    if (!this.stats || performance.now() - this.stats.at > STATS_MS) {
      this.stats = { at: performance.now(), report: this.pc.getStats() };
    }
    return countsOf(await this.stats.report, (mid) => {
      const { feed: source, line } = this.lines.get(mid) ?? {};
      return source === feed ? line : undefined;
    });
  }

  /** From nothing; the old handle, if the server still knows it, is given back. */
  again() {
    this.handle?.detach();
    this.reset();
    this.changed();
    this.update();
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    closePath(this.pc);
    this.pc = this.handle = null;
  }
}
