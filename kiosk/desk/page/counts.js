// Counters of a peer connection by media line, whether anything at all still comes on it, what it could carry, and what
// share of the pictures' packets has got lost lately.

import { LINES } from './lines.js';

export function nothing() {
  const lines = LINES.map((line) => [line, { frames: 0, packets: 0, sent: 0, level: 0, height: 0, sentHeight: 0 }]);
  return { ...Object.fromEntries(lines), arrived: 0, hasChecks: false, available: 0, lost: 0 };
}

/** `lineOf(mid)`: which line a media line of this connection is; by default they stand in our order. */
export async function count(pc, lineOf = inOrder(pc)) {
  if (!pc || pc.connectionState === 'closed') return nothing();
  return countsOf(await pc.getStats(), lineOf);
}

export function countsOf(stats, lineOf) {
  const counts = nothing();
  for (const entry of stats.values()) {
    const line = counts[lineOf(entry.mid)];
    if (line && entry.type === 'inbound-rtp') {
      line.frames = entry.framesDecoded ?? 0;
      line.packets = entry.packetsReceived ?? 0;
      line.level = entry.audioLevel ?? 0;
      line.height = entry.frameHeight ?? 0;
    } else if (line && entry.type === 'outbound-rtp') {
      line.sent += entry.kind === 'audio' ? (entry.packetsSent ?? 0) : (entry.framesSent ?? 0);
      line.sentHeight = Math.max(line.sentHeight, entry.frameHeight ?? 0);
    }
    counts.arrived += arrivedIn(entry);
    counts.hasChecks ||= entry.requestsReceived !== undefined;
    counts.available = Math.max(counts.available, entry.availableOutgoingBitrate ?? 0);
    if (entry.kind === 'video') counts.lost = Math.max(counts.lost, entry.fractionLost ?? 0);
  }
  return counts;
}

/**
 * Media and feedback, and the checks of the path, which come when nobody says or shows anything. Firefox has no
 * `transport`, and does not tell of the checks: there `hasChecks` is false, and a path may be silent that is well.
 */
function arrivedIn({ type, packetsReceived = 0, bytesReceived = 0, requestsReceived = 0, responsesReceived = 0 }) {
  if (type === 'transport') return packetsReceived;
  return type === 'candidate-pair' ? bytesReceived + requestsReceived + responsesReceived : 0;
}

function inOrder(pc) {
  const lines = new Map(pc?.getTransceivers().map((line, index) => [line.mid, LINES[index]]));
  return (mid) => lines.get(mid);
}
