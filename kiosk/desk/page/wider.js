// Whether a way that was narrow carries more again. A browser's own estimate grows by 8 % a second. With a handful of
// packets in quick succession it would know at once; that it tries when the most that may be sent is raised.

const SETTLE_MS = 3000;
/** So long the estimate has not fallen, and nothing got lost: the way is not full. */
const QUIET_MS = 3000;
const FALLEN = 0.97;
/** Between two tries: twice the one before where that has shown no more. */
const WAITS_MS = [2500, 5000];
const FOUND = 1.3;
/** Of what the lines would send. */
const ENOUGH = 0.9;
/** On a narrower way the try itself, 7 kB, would make the picture stand. */
const LEAST_BPS = 450_000;
/** With more lost a try shows nothing. */
const LOSSY = 0.02;
/** More than is ever sent, and than a browser tries where nobody has said what the most is. */
const MOST_KBPS = 8000;
const MIXED = 'a=extmap-allow-mixed\r\n';

export class Wider {
  constructor() {
    this.begin();
  }

  /** A new path. */
  begin(now = performance.now()) {
    this.quietAt = this.dueAt = now + SETTLE_MS;
    [this.wait] = WAITS_MS;
    this.last = this.before = 0;
  }

  /**
   * Whether to try now. `available`: bits a second that the way is believed to carry, 0 where nobody tells; `lost`: the
   * share of packets that does not come; `wanted`: what the lines would send.
   */
  look({ available, lost }, wanted, now = performance.now()) {
    if (available < FALLEN * this.last || lost > LOSSY) this.quietAt = now + QUIET_MS;
    this.last = available;
    const isWorthIt = available >= LEAST_BPS && available < ENOUGH * wanted;
    if (!isWorthIt || now < this.quietAt || now < this.dueAt) return false;
    this.wait = available > FOUND * this.before ? WAITS_MS[0] : Math.min(2 * this.wait, WAITS_MS[1]);
    this.before = available;
    this.dueAt = now + this.wait;
    return true;
  }
}

const raised = new WeakMap();

/**
 * Has the browser try what the way carries: both sides are described to it again as they are, and nobody is told. Not
 * where the far side has said itself what the most is.
 */
export async function tryMore(pc) {
  const far = pc.currentRemoteDescription;
  const count = raised.get(pc) ?? 0;
  if (!far || pc.signalingState !== 'stable' || (!count && /^b=/m.test(far.sdp))) return;
  raised.set(pc, count + 1);
  const again = allowing(far, MOST_KBPS + count);
  try {
    if (far.type === 'answer') await pc.setLocalDescription();
    await pc.setRemoteDescription(again);
    if (far.type === 'offer') await pc.setLocalDescription();
  } catch (error) {
    if (pc.signalingState !== 'closed') console.warn('no try', error.name);
  }
}

/** On the last line of pictures that is in use: what is said there holds for the whole connection. */
function allowing({ type, sdp }, most_kbps) {
  const [head, ...sections] = sdp.replace(/^b=.*\r\n/gm, '').split(/^(?=m=)/m);
  const index = sections.findLastIndex((section) => /^m=video [1-9]/.test(section));
  if (index >= 0) sections[index] = sections[index].replace(/^(?=a=)/m, `b=AS:${most_kbps}\r\n`);
  // Silent on mixed headers, an answer would differ from what the browser offers, and every line begin anew.
  const mixed = type === 'answer' && !head.includes(MIXED) ? MIXED : '';
  return { type, sdp: [head, mixed, ...sections].join('') };
}
