// One visit at one room: knock, wait, take part, leave. Nothing is sent to anybody before the door says "admitted".

import { Peer } from './peer.js';
import { Seal, newKeys } from './sealing.js';
import { Server } from './server.js';

const ROOM = 'room';
const VIEW_LATE_MS = 700;

function newCallId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class Call {
  /**
   * `number` or `ring`: what the visit is for. `introduction`: who knocks, for the customer's eyes.
   * `send(message)`: to the room, by way of the desk server. `changed()`: after every change of what is below.
   */
  constructor({ terminal, room, key, number = '', ring = '', introduction, media, send, changed }) {
    Object.assign(this, { terminal, room, roomKey: key, number, ring, introduction, media, changed });
    this.id = newCallId();
    this.sendOut = send;
    this.standing = '';
    this.wasAdmitted = false;
    this.hasPicture = false;
    this.isBroken = false;
    this.view = null;
    this.peers = new Map();
    this.server = new Server(media, changed);
    this.outgoing = this.incoming = Promise.resolve();
  }

  get isAdmitted() {
    return this.standing === 'admitted';
  }

  get isOver() {
    return this.standing === 'declined' || this.standing === 'left';
  }

  /** What is known of the room without an invitation of its own, when it rang. */
  get asKnown() {
    return { room: this.room, key: this.roomKey };
  }

  async knock() {
    this.keys ??= await newKeys();
    this.seal = await Seal.with(this.keys.secret, this.roomKey, this.id);
    const box = await this.seal.close({ type: 'introduction', ...this.introduction });
    const { id: call, number, ring } = this;
    this.sendOut({ type: 'knock', call, key: this.keys.open, box, number, ring });
  }

  /** The room has a new key. Who got no answer yet knocked with the old one, and knocks again. */
  async keyChanged(key) {
    if (key === this.roomKey || this.standing) return;
    this.roomKey = key;
    await this.knock();
  }

  leave() {
    this.sendOut({ type: 'leave', call: this.id });
    this.end('left');
  }

  end(standing) {
    this.standing = standing;
    this.closePeers();
    this.changed();
  }

  /**
   * By the desk server: the knock, or a visit that it does not know any more. What was still said in the visit before,
   * `about` that one, is refused as well, and no word about this one.
   */
  refused(about) {
    if (about && about !== this.id) return;
    if (!this.standing) this.end('left');
    else if (about && this.isLooking) this.doorSaid({ standing: 'left' });
  }

  /** The line to the desk server was gone for a moment. A knock that got no answer yet is made anew. */
  lookAgain() {
    if (this.standing) {
      this.isLooking = true;
      this.say({ type: 'look-again' });
    } else {
      this.id = newCallId();
      this.knock();
    }
  }

  mediaChanged() {
    for (const peer of this.peers.values()) peer.carry();
    this.server.carry();
    if (this.isAdmitted) this.sayMedia();
  }

  heard(message) {
    if (message.type === 'door') this.doorSaid(message);
    if (message.type === 'sealed') {
      this.incoming = this.incoming.then(() => this.open(message.box)).catch((error) => console.warn(error.name));
    }
  }

  doorSaid({ standing, consent }) {
    const wasAdmitted = this.isAdmitted;
    this.isBroken = this.isLooking && standing === 'left';
    this.isLooking = false;
    this.standing = standing;
    this.wasAdmitted ||= this.isAdmitted;
    this.hasPicture = this.isAdmitted && consent === 'all';
    if (!this.isAdmitted) this.closePeers();
    else if (!wasAdmitted) this.admitted();
    this.updatePeers();
    this.changed();
  }

  admitted() {
    this.sayMedia();
    setTimeout(() => this.isAdmitted && !this.view && this.say({ type: 'look-again' }), VIEW_LATE_MS);
  }

  async open(box) {
    const inside = await this.seal.open(box);
    if (inside.type === 'room-view') {
      this.view = inside;
      this.updatePeers();
      this.changed();
    } else if (inside.type === 'signal') {
      // Not awaited: a description that takes its time must not hold up the other peers.
      this.peers.get(inside.source)?.enqueue(inside);
    }
  }

  /** Connects to the room and to every partner it names, and closes what it does not name any more. */
  updatePeers() {
    if (!this.isAdmitted || !this.view) return;
    const wanted = new Map([[ROOM, { offers: true, has_picture: true, feed: this.view.room_feed }]]);
    for (const peer of this.view.peers ?? []) wanted.set(peer.call, peer);
    for (const [id, peer] of this.peers) {
      if (wanted.has(id) && (peer.feed ?? '') === (wanted.get(id).feed ?? '')) continue;
      peer.close();
      this.peers.delete(id);
    }
    this.server.update(this.view, this.hasPicture, this.surroundings);
    for (const [id, { offers, has_picture: both = true, feed }] of wanted) {
      const hasPicture = this.hasPicture && both;
      const known = this.peers.get(id);
      if (known) known.setPicture(hasPicture);
      else this.peers.set(id, feed ? this.server.peer(id, feed, hasPicture) : this.newPeer(id, offers, hasPicture));
    }
    if (this.heights) this.show(this.heights);
    this.server.settle();
  }

  get surroundings() {
    const iceServers = (this.view.ice_servers ?? []).map(({ urls, username, credential }) => ({
      urls,
      ...(username && { username, credential }),
    }));
    return { iceServers, isRelayOnly: Boolean(this.view.is_relay_only) };
  }

  newPeer(id, offers, hasPicture) {
    const signal = (fields) => this.say({ type: 'signal', source: this.id, ...fields });
    const { media, changed, surroundings } = this;
    return new Peer({ id, offers, ...surroundings, hasPicture, media, signal, changed });
  }

  /** `heights`: peer id to how tall its pictures are seen here. */
  show(heights) {
    this.heights = heights;
    for (const [id, peer] of this.peers) if (heights.has(id)) peer.show(heights.get(id));
  }

  /** The network has changed. */
  hurry() {
    for (const peer of this.peers.values()) peer.hurry();
  }

  closePeers() {
    for (const peer of this.peers.values()) peer.close();
    this.peers.clear();
    this.server.close();
    this.view = null;
  }

  sayMedia() {
    const { microphone, camera, screen } = this.media.tracks;
    const now = { is_sharing: Boolean(screen), is_muted: !microphone, has_camera_off: !camera };
    if (JSON.stringify(now) === this.lastSaid && this.isAdmitted && this.view) return;
    this.lastSaid = JSON.stringify(now);
    this.say({ type: 'partner-media', ...now });
  }

  /** Seals and sends, one after the other: sealing takes time, and order matters. */
  say(message) {
    this.outgoing = this.outgoing
      .then(async () => this.sendOut({ type: 'sealed', call: this.id, box: await this.seal.close(message) }))
      .catch((error) => console.warn(error.name));
  }
}
