// How tall everybody's pictures are seen here, in pixels of the screen: told to those who send them.

const SETTLED_MS = 300;
const STEP_PX = 10;
const SIXTEEN_TO_NINE = 9 / 16;

export class Heights {
  /** `changed(heights)`: a Map of peer id to `{camera_px, screen_px}`, when one of them is another. */
  constructor(changed) {
    this.changed = changed;
    this.places = [];
    this.said = '';
    this.observer = new ResizeObserver(() => this.soon());
    document.addEventListener('visibilitychange', () => this.say());
  }

  /** `places`: of every peer `{id, camera, screen}`, an element each or null for "not seen". */
  show(places) {
    const old = new Set(this.places.flatMap(({ camera, screen }) => [camera, screen]));
    this.places = places;
    for (const element of places.flatMap(({ camera, screen }) => [camera, screen])) {
      if (element && !old.delete(element)) this.observer.observe(element);
    }
    for (const element of old) if (element) this.observer.unobserve(element);
    this.soon();
  }

  soon() {
    this.timer ??= setTimeout(() => this.say(), SETTLED_MS);
  }

  say() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const heights = new Map();
    for (const { id, camera, screen } of this.places) {
      heights.set(id, { camera_px: heightOf(camera), screen_px: heightOf(screen) });
    }
    const said = JSON.stringify([...heights]);
    if (said === this.said) return;
    this.said = said;
    this.changed(heights);
  }
}

/** A picture never overflows its element; pictures are taken to be 16 : 9. What is hidden has no size. */
function heightOf(element) {
  if (!element || document.hidden) return 0;
  const { width, height } = element.getBoundingClientRect();
  const inside = element.dataset.fit === 'cover' ? height : Math.min(height, width * SIXTEEN_TO_NINE);
  return Math.ceil((inside * devicePixelRatio) / STEP_PX) * STEP_PX;
}
