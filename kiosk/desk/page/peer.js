// One peer connection after the other to the room or to another partner. Three media lines, fixed from the start:
// microphone, camera, screen. What is off changes the track a line carries, never the lines.

import { count } from './counts.js';
import { FULL, LINES, limit, limitsOf } from './lines.js';
import { Narrow } from './narrow.js';
import { tryMore, Wider } from './wider.js';

const LOST_AFTER_MS = 1500;
const SILENT_MS = 2000;
const HURRY_MS = 1000;
const FIRST_TRY_MS = 5000;
const LOST_TRY_MS = 2500;
const LONGEST_TRY_MS = 12_000;
const SETTLED_MS = 2000;

export class Peer {
  /**
   * `offers`: whether this side makes the offers. `media.tracks`: what may be sent. `signal(fields)`: sends one step.
   * `changed()`: after every change of `link` or of the tracks that come in.
   */
  constructor({ id, offers, iceServers, isRelayOnly, media, hasPicture, signal, changed }) {
    Object.assign(this, { id, offers, iceServers, isRelayOnly, media, hasPicture, signal, changed });
    this.link = 'connecting';
    this.generation = 0;
    this.tries = 0;
    this.incoming = {};
    this.wish = FULL;
    this.narrow = new Narrow();
    this.wider = new Wider();
    this.wanted = 0;
    this.shown = null;
    if (offers) this.offer();
    else this.watch();
  }

  setPicture(hasPicture) {
    this.hasPicture = hasPicture;
    this.carry();
  }

  /** Puts onto each line what it may carry now. */
  carry() {
    if (!this.pc || this.pc.signalingState === 'closed') return;
    this.wanted = 0;
    this.pc.getTransceivers().forEach((line, index) => {
      const name = LINES[index];
      const track = name !== 'microphone' && !this.hasPicture ? null : (this.media.tracks[name] ?? null);
      if (line.sender.track !== track) line.sender.replaceTrack(track).catch(() => {});
      const limits = limitsOf(name, track, this.wish, this.narrow.shrink);
      limit(line.sender, name, limits);
      if (track && limits?.active) this.wanted += limits.maxBitrate;
    });
  }

  /** How tall this peer's pictures are seen here; told as soon as there is a path, and again on every new one. */
  show(heights) {
    this.shown = heights;
    this.sayWish();
  }

  sayWish() {
    const said = JSON.stringify(this.shown);
    if (!this.shown || this.link !== 'up' || said === this.told) return;
    this.told = said;
    this.send('wish', { wish: this.shown });
  }

  /** Counters of the present peer connection, by media line. */
  count() {
    return count(this.pc);
  }

  /** Nothing has come for so long, where a silent peer is heard of every 1.2 s; the browser would wait for 5 s. */
  hasBeenSilent(silent_ms) {
    if (this.link === 'up' && silent_ms >= SILENT_MS) this.again();
  }

  /** How much the way carries, as far as the browser knows: `available` and `lost` of its counters. */
  hasRoom(counts) {
    if (this.narrow.look(counts.available, Boolean(this.media.tracks.screen && this.hasPicture))) this.carry();
    if (this.wider.look(counts, this.wanted)) tryMore(this.pc);
  }

  /** The network has changed: what is not connected is tried at once. */
  hurry() {
    this.tries = 0;
    if (this.link !== 'up' && performance.now() - this.builtAt > HURRY_MS) this.again();
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
    clearTimeout(this.doubt);
    this.pc?.close();
    this.pc = null;
    this.incoming = {};
  }

  /** Steps of one peer are taken one after the other, in the order they came. */
  enqueue(step) {
    this.steps = (this.steps ?? Promise.resolve())
      .then(() => this.heard(step))
      .catch((error) => console.warn(error.name));
  }

  async heard({ kind, generation = 0, sdp = '', mid = '', wish }) {
    if (this.isClosed) return;
    if (kind === 'wish') return this.wished(wish);
    if (kind === 'reconnect') return this.askedAgain(generation);
    if (generation < this.generation) return;
    if (kind === 'offer' && !this.offers && !(generation === this.generation && this.pc)) {
      await this.answer(generation, sdp);
    } else if (kind === 'answer' && generation === this.generation && this.pc?.signalingState === 'have-local-offer') {
      await this.accept(this.pc, { type: 'answer', sdp });
    } else if (kind === 'candidate' && generation === this.generation && this.pc) {
      this.candidate(this.pc, sdp, mid);
    }
  }

  wished(wish) {
    this.wish = { ...FULL, ...wish };
    this.carry();
  }

  build(generation) {
    this.pc?.close();
    this.generation = generation;
    this.builtAt = performance.now();
    this.early = [];
    this.told = '';
    const { iceServers, isRelayOnly } = this;
    const iceTransportPolicy = isRelayOnly ? 'relay' : 'all';
    const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy: 'max-bundle' });
    this.pc = pc;
    pc.onconnectionstatechange = () => pc === this.pc && this.stateChanged(pc.connectionState);
    pc.onicecandidate = ({ candidate }) => {
      if (pc !== this.pc || candidate?.candidate === '') return;
      this.send('candidate', { sdp: candidate?.candidate ?? '', mid: candidate?.sdpMid ?? '' });
    };
    return pc;
  }

  async offer() {
    const pc = this.build(this.generation + (this.pc ? 1 : 0));
    for (const name of LINES) {
      const limits = limitsOf(name, this.media.tracks[name], this.wish);
      const kind = name === 'microphone' ? 'audio' : 'video';
      pc.addTransceiver(kind, { direction: 'sendrecv', ...(limits && { sendEncodings: [limits] }) });
    }
    this.carry();
    this.watch();
    await pc.setLocalDescription();
    if (pc !== this.pc) return;
    this.send('offer', { sdp: pc.localDescription.sdp });
    this.takeIncoming(pc);
  }

  async answer(generation, sdp) {
    const pc = this.build(generation);
    this.watch();
    await this.accept(pc, { type: 'offer', sdp });
    if (pc !== this.pc || pc.signalingState !== 'have-remote-offer') return;
    for (const line of pc.getTransceivers()) line.direction = 'sendrecv';
    this.carry();
    await pc.setLocalDescription();
    if (pc !== this.pc) return;
    this.send('answer', { sdp: pc.localDescription.sdp });
    this.carry();
    this.takeIncoming(pc);
  }

  async accept(pc, description) {
    try {
      await pc.setRemoteDescription(description);
    } catch (error) {
      console.warn(`${this.id}: description refused`, error.name);
      return;
    }
    for (const early of this.early.splice(0)) this.candidate(pc, ...early);
  }

  candidate(pc, sdp, mid) {
    if (!pc.remoteDescription) this.early.push([sdp, mid]);
    else if (sdp) pc.addIceCandidate({ candidate: sdp, sdpMid: mid }).catch(() => {});
  }

  takeIncoming(pc) {
    this.incoming = {};
    pc.getTransceivers().forEach((line, index) => {
      this.incoming[LINES[index]] = new MediaStream([line.receiver.track]);
    });
    this.changed();
  }

  stateChanged(state) {
    clearTimeout(this.doubt);
    if (state === 'connected') {
      clearTimeout(this.timer);
      this.tries = 0;
      this.narrow.begin();
      this.wider.begin();
      this.setLink('up');
      this.carry();
      this.sayWish();
    } else if (state === 'failed') {
      this.again();
    } else if (state === 'disconnected') {
      this.doubt = setTimeout(() => this.again(), LOST_AFTER_MS);
    }
  }

  setLink(link) {
    if (this.link === link) return;
    this.link = link;
    this.changed();
  }

  /** Not connected in time: once more. A first try is given ever more patience, a lost path little. */
  watch() {
    clearTimeout(this.timer);
    const patience = this.link === 'lost' ? LOST_TRY_MS : Math.min(LONGEST_TRY_MS, FIRST_TRY_MS + 1500 * this.tries);
    this.timer = setTimeout(() => this.late(), patience);
  }

  /** Who is only slow is waited for: the far side has been heard, on a path that works. */
  async late() {
    const { pc } = this;
    const { arrived } = await this.count();
    if (this.isClosed || pc !== this.pc || this.pc?.connectionState === 'connected') return;
    if (arrived && performance.now() - this.builtAt < LONGEST_TRY_MS) this.watch();
    else this.again();
  }

  again() {
    if (this.isClosed) return;
    this.tries += 1;
    if (this.link === 'up') this.setLink('lost');
    if (this.offers) {
      this.offer();
    } else {
      this.send('reconnect');
      this.watch();
    }
  }

  /** The far side lost the path, or was started anew and knows no generation. */
  askedAgain(generation) {
    const isStale = generation < this.generation && this.link !== 'up';
    if (!this.offers || (isStale && performance.now() - this.builtAt < SETTLED_MS)) return;
    if (this.link === 'up') this.setLink('lost');
    this.offer();
  }

  send(kind, more = {}) {
    this.signal({ target: this.id, kind, generation: this.generation, ...more });
  }
}
