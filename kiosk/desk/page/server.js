// The round by way of a media server: up to two seats, and a peer for everybody who is met there. A peer is used as the
// one of peer.js is.

import { nothing } from './counts.js';
import { Seat } from './seat.js';

const SILENT_MS = 1600;

export class Server {
  /** `media.tracks`: what may be sent. `changed()`: after every change of a peer. */
  constructor(media, changed) {
    Object.assign(this, { media, changed });
    this.seats = { pictures: null, sound: null };
    this.peers = new Map();
  }

  /** `view`: the room's; `hasPicture`: whether pictures of this person may cross. */
  update(view, hasPicture, surroundings) {
    this.take('pictures', hasPicture ? view.seat : null, 3, hasPicture, surroundings);
    this.take('sound', view.sound_seat, 1, false, surroundings);
  }

  take(which, place, lines, hasPicture, surroundings) {
    const seat = this.seats[which];
    if (seat && JSON.stringify(seat.place) === JSON.stringify(place)) return seat.carry(hasPicture);
    seat?.close();
    const { media, changed } = this;
    this.seats[which] = place ? new Seat({ place, lines, surroundings, media, hasPicture, changed }) : null;
  }

  /** Everybody who is met here, after `update`. */
  settle() {
    for (const seat of Object.values(this.seats)) {
      const here = [...this.peers.values()].filter((peer) => peer.seat === seat);
      seat?.want(here.map((peer) => peer.feed));
    }
    this.tell();
  }

  /** Heights of all peers, to the seats where they are met. */
  tell() {
    for (const seat of Object.values(this.seats)) {
      const here = [...this.peers.values()].filter((peer) => peer.seat === seat && peer.shown);
      seat?.show(new Map(here.map((peer) => [peer.feed, peer.shown])));
    }
  }

  peer(id, feed, hasPicture) {
    const peer = new ServerPeer(this, id, feed, hasPicture);
    this.peers.set(id, peer);
    return peer;
  }

  carry() {
    for (const seat of Object.values(this.seats)) seat?.carry();
  }

  /** What is sent by way of either seat. */
  async count() {
    const counted = await Promise.all(Object.values(this.seats).map((seat) => seat?.publishing?.count()));
    return { pictures: counted[0] ?? nothing(), sound: counted[1] ?? nothing() };
  }

  close() {
    for (const seat of Object.values(this.seats)) seat?.close();
    this.seats = { pictures: null, sound: null };
    this.peers.clear();
  }
}

class ServerPeer {
  constructor(server, id, feed, hasPicture) {
    Object.assign(this, { server, id, feed, hasPicture });
    this.shown = null;
    this.wasUp = false;
    this.silent_ms = 0;
  }

  /** With pictures by way of one seat, without by way of the other; so nobody is heard twice. */
  get seat() {
    const { pictures, sound } = this.server.seats;
    return (this.hasPicture ? pictures : sound) ?? (this.id === 'room' ? sound : undefined);
  }

  get link() {
    const isCutOff = this.silent_ms >= SILENT_MS && this.seat?.isCutOff;
    const isUp = Boolean(this.seat?.hasFeed(this.feed)) && !isCutOff;
    this.wasUp ||= isUp;
    return isUp ? 'up' : this.wasUp ? 'lost' : 'connecting';
  }

  get generation() {
    return this.seat?.generation ?? 0;
  }

  get incoming() {
    return this.seat?.incoming(this.feed) ?? {};
  }

  count() {
    return this.seat?.count(this.feed) ?? nothing();
  }

  setPicture(hasPicture) {
    this.hasPicture = hasPicture;
  }

  show(heights) {
    this.shown = heights;
    this.server.tell();
  }

  hurry() {
    this.seat?.hurry();
  }

  hasBeenSilent(silent_ms) {
    const before = this.link;
    this.silent_ms = silent_ms;
    if (before === 'up' && silent_ms >= SILENT_MS) this.hurry();
    if (before !== this.link) this.server.changed();
  }

  /** What is sent is the seats' to carry; signals there are none. */
  carry() {}

  enqueue() {}

  close() {
    this.server.peers.delete(this.id);
  }
}
