// Boxes that only this page and the room's agent can open: ECDH on P-256, HKDF-SHA-256, AES-256-GCM.
// The same as kiosk/runtime/sealing.py; a test in a browser says so.

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };
const NONCE_BYTES = 12;
const utf8 = new TextEncoder();

export function toText(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function toBytes(text) {
  return Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
}

/** A fresh pair for one visit: `secret` never leaves the browser, `open` goes with the knock. */
export async function newKeys() {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
  return { secret: pair.privateKey, open: toText(await crypto.subtle.exportKey('raw', pair.publicKey)) };
}

export class Seal {
  /** The common key with a room whose public key is `far`, bound to one call. */
  static async with(secret, far, call) {
    const there = await crypto.subtle.importKey('raw', toBytes(far), CURVE, false, []);
    const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: there }, secret, 256);
    const base = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey']);
    const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: utf8.encode(`rundtisch/v1/${call}`) };
    const seal = new Seal();
    const what = { name: 'AES-GCM', length: 256 };
    seal.key = await crypto.subtle.deriveKey(how, base, what, false, ['encrypt', 'decrypt']);
    return seal;
  }

  async close(message) {
    const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
    const how = { name: 'AES-GCM', iv, additionalData: utf8.encode('partner') };
    const cipher = new Uint8Array(await crypto.subtle.encrypt(how, this.key, utf8.encode(JSON.stringify(message))));
    const box = new Uint8Array(NONCE_BYTES + cipher.length);
    box.set(iv);
    box.set(cipher, NONCE_BYTES);
    return toText(box);
  }

  /** The message inside; rejects when the box is not from this room, or not for this call. */
  async open(box) {
    const bytes = toBytes(box);
    const how = { name: 'AES-GCM', iv: bytes.slice(0, NONCE_BYTES), additionalData: utf8.encode('room') };
    const plain = await crypto.subtle.decrypt(how, this.key, bytes.slice(NONCE_BYTES));
    return JSON.parse(new TextDecoder().decode(plain));
  }
}
