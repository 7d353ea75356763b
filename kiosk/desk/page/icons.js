// Glyphs of the terminal's icon font (Phosphor Fill 2.1, MIT). An icon never stands without its word.
const POINTS = {
  'arrow-right': 0xe06c, 'check-circle': 0xe184, clock: 0xe19a, door: 0xe61c, 'door-open': 0xe7e6,
  'hourglass-medium': 0xe2b8, lifebuoy: 0xe63a, microphone: 0xe326, 'microphone-slash': 0xe328, 'pause-circle': 0xe3a0, phone: 0xe3b8,
  'phone-call': 0xe3ba, 'phone-x': 0xe3c4, screencast: 0xe404, 'shield-check': 0xe40c, 'sign-out': 0xe42a,
  'speaker-high': 0xe44a, 'spinner-gap': 0xe66c, 'stop-circle': 0xe46e, timer: 0xe492, trash: 0xe4a6, users: 0xe4d6,
  'video-camera': 0xe4da, 'video-camera-slash': 0xe4dc, warning: 0xe4e0, 'wifi-slash': 0xe4f2, 'x-circle': 0xe4f8,
};

export function setIcon(element, name) {
  element.classList.add('i');
  element.setAttribute('aria-hidden', 'true');
  element.textContent = String.fromCodePoint(POINTS[name]);
}

export function icon(name) {
  const element = document.createElement('span');
  setIcon(element, name);
  return element;
}
