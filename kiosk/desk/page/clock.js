// The time by the server's clock: a PC may be minutes away, and rings would be over before they begin.

let ahead_ms = 0;

/** `said`: what the server's clock says at this moment, as text. */
export function setClock(said) {
  ahead_ms = (Date.parse(said) || Date.now()) - Date.now();
}

/** In ms since 1970. */
export function serverNow() {
  return Date.now() + ahead_ms;
}
