// The three media lines of a call, and what a line sends for the height at which the far side shows it.

export const LINES = ['microphone', 'camera', 'screen'];
/** What is sent until the far side says how tall it shows us. */
export const FULL = { camera_px: 720, screen_px: 1080 };
const STEPS = [1, 2, 4];
const ENOUGH = 0.75;
const CAMERA_BPS = [[200, 300_000], [400, 600_000], [Infinity, 1_800_000]];
const SCREEN_BPS = 2_500_000;
const SCREEN_READ_PX = 540;
const PREFERENCES = { camera: 'maintain-framerate', screen: 'maintain-resolution' };
const wanted = new WeakMap();

/**
 * Encoding parameters of a line; null where it has none. A screen stays whole: small, it only moves less.
 * `shrink`: by how much a camera's full picture is too large for the way, see narrow.js; its rate may grow all the same.
 */
export function limitsOf(line, track, wish, shrink = 1) {
  if (line === 'microphone') return null;
  if (line === 'screen') {
    const maxFramerate = wish.screen_px >= SCREEN_READ_PX ? 15 : 4;
    return { active: wish.screen_px > 0, scaleResolutionDownBy: 1, maxBitrate: SCREEN_BPS, maxFramerate };
  }
  const height = track?.getSettings().height || FULL.camera_px;
  const scale = STEPS.findLast((step) => height / step >= ENOUGH * wish.camera_px) ?? 1;
  const maxBitrate = bitrateOf(height / scale);
  const narrow = STEPS.find((step) => height / step <= FULL.camera_px / shrink) ?? STEPS.at(-1);
  const scaleResolutionDownBy = Math.max(scale, shrink > 1 ? narrow : 1);
  return { active: wish.camera_px > 0, scaleResolutionDownBy, maxBitrate, maxFramerate: 30 };
}

function bitrateOf(height) {
  return CAMERA_BPS.find(([tallest]) => height <= tallest)[1];
}

/** Applies limits to a sender: the latest ones count, one change after the other. */
export async function limit(sender, line, limits) {
  const said = JSON.stringify(limits);
  const known = wanted.get(sender) ?? { said: '', isBusy: false };
  wanted.set(sender, known);
  if (!limits || known.said === said) return;
  Object.assign(known, { said, limits });
  if (known.isBusy) return;
  known.isBusy = true;
  for (let applied = null; applied !== known.limits; ) {
    applied = known.limits;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length) break;
    Object.assign(parameters.encodings[0], applied);
    parameters.degradationPreference = PREFERENCES[line];
    await sender.setParameters(parameters).catch((error) => {
      known.said = '';
      console.warn(`${line}: limits refused`, error.name);
    });
  }
  known.isBusy = false;
}
