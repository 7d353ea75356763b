// One seat taken in one room of a media server, by the rules of `kiosk.contract.media.Seat`: what this person sends
// there, and what is received of the planned feeds. It is taken anew without end, until it is given up.

import { ID_EXISTS, Janus, NO_SUCH_ROOM } from './janus.js';
import { nothing } from './counts.js';
import { takeCandidate } from './path.js';
import { Publishing } from './publishing.js';
import { Subscription } from './subscription.js';

const AGAIN_MS = 500;
const REFUSED_AGAIN_MS = 2000;

export class Seat {
  /** `place`: the contract's seat. `lines`: how many of the three are sent. `changed()`: link or streams. */
  constructor({ place, lines, surroundings, media, hasPicture, changed }) {
    Object.assign(this, { place, lines, surroundings, media, hasPicture, changed });
    this.feeds = [];
    this.heights = new Map();
    this.generation = -1;
    this.sit();
  }

  // What is asked of it.

  want(feeds) {
    this.feeds = feeds;
    this.subscription?.want(feeds);
  }

  show(heights) {
    this.heights = heights;
    this.subscription?.show(heights);
  }

  carry(hasPicture = this.hasPicture) {
    this.hasPicture = hasPicture;
    if (this.publishing) this.publishing.hasPicture = hasPicture;
    this.publishing?.carry();
  }

  incoming(feed) {
    return this.subscription?.incoming(feed) ?? {};
  }

  hasFeed(feed) {
    return Boolean(this.subscription?.hasFeed(feed));
  }

  /** The socket is lost; media may still flow. */
  get isCutOff() {
    return Boolean(this.janus?.isClaiming);
  }

  count(feed) {
    return this.subscription?.count(feed) ?? nothing();
  }

  /** The network has changed, or nothing comes any more: a server that does not answer is given up. */
  hurry() {
    this.janus?.prove();
  }

  close() {
    this.isClosed = true;
    this.drop();
  }

  // How it is taken.

  async sit() {
    if (this.isClosed || this.isKicked) return;
    this.drop();
    this.generation += 1;
    const janus = new Janus(this.place.url, { claimed: () => this.claimed(), ended: () => this.later(janus) });
    this.janus = janus;
    try {
      await janus.open();
      await this.join(janus);
    } catch (error) {
      console.warn('media server:', error.name, error.code ?? '');
      this.later(janus, error.code);
    }
  }

  async join(janus) {
    const { room, feed, token } = this.place;
    const { surroundings, media, lines, hasPicture } = this;
    const handle = await janus.attach((data) => this.heard(data));
    const { data } = await handle.request({ request: 'join', ptype: 'publisher', room, id: feed, token });
    const attach = (heard) => janus.attach(heard);
    const subscription = new Subscription({
      ...{ attach, room, privateId: data.private_id, surroundings },
      changed: this.changed,
      failed: (error) => this.subscriptionFailed(subscription, error),
    });
    this.subscription = subscription;
    subscription.heights = this.heights;
    subscription.want(this.feeds);
    for (const { id } of data.publishers ?? []) subscription.came(id);
    const lost = () => this.publish(janus);
    this.publishing = new Publishing({ handle, lines, surroundings, media, hasPicture, lost });
    this.room = handle;
    await this.publishing.publish();
  }

  async publish(janus) {
    if (janus !== this.janus || this.isClosed || this.isKicked) return;
    try {
      await this.publishing.publish();
    } catch (error) {
      console.warn('media server: publishing', error.name, error.code ?? '');
      setTimeout(() => this.publish(janus), AGAIN_MS);
    }
  }

  heard(data) {
    const gone = data.unpublished ?? data.leaving ?? data.kicked;
    if (data.leaving === 'ok') return this.kicked();
    if (data.videoroom === 'destroyed') return this.later(this.janus, NO_SUCH_ROOM);
    if (data.hangup) return this.hungUp();
    if (data.candidate) return takeCandidate(this.publishing?.pc, data.candidate);
    for (const { id } of data.publishers ?? []) this.subscription?.came(id);
    if (gone && gone !== 'ok') this.subscription?.went(gone);
  }

  /** By the server: what this side ends itself, it has replaced by a connection that is not up yet. */
  hungUp() {
    if (this.publishing?.pc?.connectionState === 'connected') this.publish(this.janus);
  }

  /** The socket was lost for a moment: who came, went or published anew meanwhile was not told. */
  async claimed() {
    const { subscription } = this;
    try {
      const { data } = await this.room.request({ request: 'listparticipants', room: this.place.room });
      subscription.announced = new Set(data.participants.filter(({ publisher }) => publisher).map(({ id }) => id));
      subscription.again();
    } catch (error) {
      console.warn('media server: after a claim', error.name, error.code ?? '');
    }
  }

  subscriptionFailed(subscription, error) {
    console.warn('media server: receiving', error.name, error.code ?? '');
    if (subscription !== this.subscription || this.isWaiting) return;
    this.isWaiting = true;
    setTimeout(() => {
      this.isWaiting = false;
      if (subscription === this.subscription && !this.isClosed) subscription.again();
    }, AGAIN_MS);
  }

  /** Only with a new seat there is a way back. */
  kicked() {
    this.isKicked = true;
    this.drop();
    this.changed();
  }

  later(janus, code = 0) {
    if (janus !== this.janus || this.isClosed || this.isKicked) return;
    this.drop();
    this.changed();
    const pause = code && code !== ID_EXISTS ? REFUSED_AGAIN_MS : AGAIN_MS;
    this.timer = setTimeout(() => this.sit(), pause);
  }

  drop() {
    clearTimeout(this.timer);
    this.subscription?.close();
    this.publishing?.close();
    this.janus?.close();
    this.subscription = this.publishing = this.janus = this.room = null;
  }
}
