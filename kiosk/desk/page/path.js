// A peer connection to a media server: its settings, and the news that its path is lost.

const LOST_AFTER_MS = 1500;
const CONNECT_MS = 8000;

/** `handle` takes the candidates, `lost()` is told once. */
export function newPath({ iceServers, isRelayOnly }, handle, { up, lost }) {
  const iceTransportPolicy = isRelayOnly ? 'relay' : 'all';
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy, bundlePolicy: 'max-bundle' });
  const fail = () => {
    clearTimeout(pc.doubt);
    if (pc.connectionState !== 'closed' && !pc.isLost) {
      pc.isLost = true;
      lost();
    }
  };
  pc.doubt = setTimeout(fail, CONNECT_MS);
  pc.onicecandidate = ({ candidate }) => handle.trickle(candidate);
  pc.onconnectionstatechange = () => {
    const state = pc.connectionState;
    if (state === 'connected' || state === 'failed' || state === 'disconnected') clearTimeout(pc.doubt);
    if (state === 'connected') up();
    else if (state === 'failed') fail();
    else if (state === 'disconnected') pc.doubt = setTimeout(fail, LOST_AFTER_MS);
  };
  return pc;
}

/** A candidate of the server; it may come before the description it belongs to. */
export function takeCandidate(pc, { candidate, sdpMid, sdpMLineIndex }) {
  if (!pc || !candidate) return;
  const add = () => pc.addIceCandidate({ candidate, sdpMid, sdpMLineIndex }).catch(() => {});
  if (pc.remoteDescription) add();
  else (pc.early ??= []).push(add);
}

export async function describe(pc, jsep) {
  await pc.setRemoteDescription(jsep);
  for (const add of pc.early?.splice(0) ?? []) add();
}

export function closePath(pc) {
  clearTimeout(pc?.doubt);
  pc?.close();
}
