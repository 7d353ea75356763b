// Which of the page's screens is seen, and its sentences. The round at the table is in round.js.

import { setIcon } from './icons.js';
import { setText } from './list.js';
import { language, pick, say } from './texts.js';

const $ = (id) => document.getElementById(id);
const SCREENS = ['ready', 'waiting', 'over', 'call'];
const TITLES = { ready: 'ready-title', waiting: 'waiting-title', over: 'over-title', call: 'session-title' };
let shown = '';

/** Fills the words and icons that never change. */
export function setUp() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-text]')) element.textContent = say(element.dataset.text);
  for (const element of document.querySelectorAll('[data-icon]')) setIcon(element, element.dataset.icon);
  $('presence').setAttribute('aria-label', say('presence'));
}

export function showView(state, media) {
  showHead(state);
  $('offline').hidden = !(state.isOffline || state.isApart) || Boolean(state.closedReason);
  $('closed').hidden = !state.closedReason;
  $('naming').hidden = Boolean(state.name || state.closedReason);
  $('desk').hidden = !state.name || Boolean(state.closedReason);
  $('notice').hidden = !state.notice;
  setText($('notice'), state.notice);
  const screen = screenOf(state);
  for (const id of SCREENS) $(id).hidden = id !== screen;
  $('desk').classList.toggle('waits', screen !== 'call');
  showReady(state);
  showWaiting(state);
  showOver(state);
  setText($('ready').querySelector('[data-action=try-out]').lastChild, say(media.isOpen ? 'enough' : 'tryOut'));
  focus(state, state.closedReason ? 'closed' : state.name ? screen : 'naming');
}

export function screenOf({ call, over }) {
  if (call) return call.isAdmitted ? 'call' : 'waiting';
  return over ? 'over' : 'ready';
}

function showHead(state) {
  const { welcome, name } = state;
  const [office, desk] = [pick(welcome?.office), pick(welcome?.name)];
  const place = (desk.startsWith(office) ? [desk] : [office, desk]).filter(Boolean).join(', ');
  setText($('who'), [name, state.isGuest ? say('guest') : place].filter(Boolean).join(' · '));
  $('presence').hidden = state.isGuest || !name || Boolean(state.closedReason);
  $('in-call').hidden = state.isGuest || !state.call?.isAdmitted;
  for (const button of $('presence').children) {
    button.setAttribute('aria-pressed', button.dataset.state === state.presence);
  }
}

function showReady({ isGuest, presence }) {
  const [title, note] = isGuest
    ? ['readyGuest', 'readyGuestNote']
    : {
        free: ['readyFree', 'readyFreeNote'],
        busy: ['readyBusy', 'readyNotNote'],
        away: ['readyAway', 'readyNotNote'],
      }[presence];
  setText($('ready-title'), say(title));
  setText($('ready-note'), say(note));
}

function showWaiting({ call }) {
  if (!call) return;
  const { room } = call;
  const isParked = call.wasAdmitted && call.standing === 'waiting';
  const title = isParked ? 'parked' : call.standing ? 'waiting' : 'knocking';
  setText($('waiting-title'), say(title, { room }));
  setText($('waiting-note'), say(isParked ? 'parkedNote' : 'waitingNote'));
}

function showOver({ over }) {
  if (!over) return;
  setText($('over-title'), say(`${over.why}Title`));
  setText($('over-note'), say(`${over.why}Note`));
  $('again').hidden = over.why === 'declined' || !over.number;
}

/** A new screen is told, and the keyboard is taken there. */
function focus(state, screen) {
  if (screen === shown) return;
  const isFirst = !shown;
  shown = screen;
  if (screen === 'closed') showClosed(state.closedReason);
  if (screen === 'naming') return $('name').focus();
  const title = $(screen === 'closed' ? 'closed-title' : TITLES[screen]);
  if (!isFirst) title.focus();
  setText($('status'), screen === 'call' ? say('admitted', { room: state.call.room }) : title.textContent);
}

function showClosed(reason) {
  const key = { 'link-revoked': 'revoked', 'link-wrong': 'wrong', 'not-authorised': 'tooMany' }[reason] ?? 'closed';
  setText($('closed-title'), say(`${key}Title`));
  setText($('closed-note'), say(key === 'tooMany' ? 'tooManyNote' : 'closedNote'));
}
