// How small a camera's picture has to be where the way to the far side is narrow.
// A browser finds it out by leaving pictures out, one size after the other: many seconds of standstill.

const STEPS = [[1, 900_000], [2, 250_000], [4, 0]];
/** So much more than a size needs before it is taken again: it costs a keyframe. */
const MARGIN = 1.4;
const GROW_MS = 1500;
/** What a browser believes at the beginning of a path says nothing of the path. */
const SETTLE_MS = 3000;
/** Of the way, for the camera beside a screen that is shown. */
const BESIDE_SCREEN = 0.4;

export class Narrow {
  constructor() {
    this.begin();
  }

  /** A new path. */
  begin(now = performance.now()) {
    this.shrink = 1;
    this.begunAt = this.changedAt = now;
  }

  /** `available`: bits a second that the way carries, 0 where the browser does not tell. True: `shrink` has changed. */
  look(available, hasScreen, now = performance.now()) {
    if (!available || now - this.begunAt < SETTLE_MS) return false;
    const camera = hasScreen ? available * BESIDE_SCREEN : available;
    const [step] = STEPS.find(([size, needed]) => camera >= needed * (size < this.shrink ? MARGIN : 1));
    if (step === this.shrink || (step < this.shrink && now - this.changedAt < GROW_MS)) return false;
    this.shrink = step;
    this.changedAt = now;
    return true;
  }
}
