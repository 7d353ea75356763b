// What this person sends to a media server: one peer connection, whose lines stay as in peer.js.

import { count } from './counts.js';
import { FULL, LINES, limitsOf } from './lines.js';
import { closePath, describe, newPath } from './path.js';

/** Highest first: so Janus counts them 2, 1, 0. */
const LAYERS = [['h', 1, 1_600_000], ['m', 2, 500_000], ['l', 4, 150_000]];

export class Publishing {
  /** `lines`: how many of the three there are. `lost()`: the path is gone; then `publish` is to be called again. */
  constructor({ handle, lines, surroundings, media, hasPicture, lost }) {
    Object.assign(this, { handle, lines: LINES.slice(0, lines), surroundings, media, hasPicture, lost });
  }

  /** Raises JanusError, and DOMException where a description is refused. */
  async publish() {
    if (this.pc) {
      closePath(this.pc);
      await this.handle.request({ request: 'unpublish' }).catch(() => {});
    }
    const pc = newPath(this.surroundings, this.handle, { up: () => {}, lost: this.lost });
    this.pc = pc;
    for (const line of this.lines) {
      const kind = line === 'microphone' ? 'audio' : 'video';
      const sendEncodings = this.encodings(line);
      pc.addTransceiver(kind, { direction: 'sendonly', ...(sendEncodings && { sendEncodings }) });
    }
    this.carry();
    await pc.setLocalDescription();
    const { type, sdp } = pc.localDescription;
    const { jsep } = await this.handle.request({ request: 'publish' }, { type, sdp });
    if (pc === this.pc && pc.signalingState !== 'closed') await describe(pc, jsep);
  }

  encodings(line) {
    if (line === 'screen') return [limitsOf(line, null, FULL)];
    if (line !== 'camera') return null;
    return LAYERS.map(([rid, scale, maxBitrate]) => ({ rid, scaleResolutionDownBy: scale, maxBitrate, maxFramerate: 30 }));
  }

  /** Puts onto each line what it may carry now. */
  carry() {
    if (!this.pc || this.pc.signalingState === 'closed') return;
    this.pc.getTransceivers().forEach(({ sender }, index) => {
      const name = this.lines[index];
      const track = name !== 'microphone' && !this.hasPicture ? null : (this.media.tracks[name] ?? null);
      if (sender.track !== track) sender.replaceTrack(track).catch(() => {});
    });
  }

  count() {
    return count(this.pc);
  }

  close() {
    closePath(this.pc);
    this.pc = null;
  }
}
