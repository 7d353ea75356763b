// The left column: rooms that ring, and today's invitations.

import { serverNow } from './clock.js';
import { icon } from './icons.js';
import { bringIntoSight, keep, make, setText } from './list.js';
import { languageName, pick, say, time } from './texts.js';

const EARLY_MS = 15 * 60_000;
const SHOWN_AFTER_END_MS = 30 * 60_000;
const REPLIES = [
  ['accept', 'phone', 'primary'],
  ['later', 'timer', ''],
  ['decline', 'phone-x', ''],
];

export function showAside(state) {
  const rings = state.name ? [...state.rings] : [];
  const update = (element, ring) => showRing(element, ring, state);
  const fresh = keep(document.getElementById('rings'), rings, makeRing, update);
  if (!state.call) bringIntoSight(fresh);
  const invitations = todays(state);
  keep(document.getElementById('invitations'), invitations, makeInvitation, (element, item) => {
    showInvitation(element, item, state);
  });
  document.getElementById('no-invitations').hidden = invitations.length > 0;
}

function makeRing(id) {
  const card = make('div', 'ring', make('h2', '', icon('phone-call'), make('span')), make('p'));
  card.dataset.testid = 'ring';
  card.firstChild.lastChild.dataset.part = 'title';
  const seconds = make('span');
  seconds.setAttribute('aria-live', 'off');
  card.lastChild.append(make('b'), make('br'), make('span'), make('br'), seconds);
  for (const [reply, glyph, look] of REPLIES) {
    const button = make('button', `btn ${look}`, icon(glyph), make('span', '', say(reply)));
    Object.assign(button.dataset, { action: 'answer', ring: id, reply, testid: `ring-${reply}` });
    card.append(button);
  }
  return card;
}

function showRing(card, ring, state) {
  setText(card.querySelector('[data-part=title]'), say('rings', { room: ring.room }));
  const [need, language, left] = card.querySelectorAll('p b, p span');
  setText(need, pick(state.welcome?.needs[ring.need]) || ring.need);
  setText(language, say('speaks', { language: languageName(ring.language) }));
  const seconds = Math.max(0, Math.ceil((Date.parse(ring.deadline) - serverNow()) / 1000));
  setText(left, say('ringsFor', { seconds }));
  setText(card.querySelector('[data-reply=accept] span:last-child'), say(state.call ? 'acceptAndLeave' : 'accept'));
}

function todays(state) {
  const items = [];
  for (const [terminal, { room, items: invited }] of state.invitations) {
    for (const { number, start, end } of invited) {
      const item = { terminal, room, number, start: new Date(start), end: new Date(end) };
      if (item.end.getTime() + SHOWN_AFTER_END_MS > serverNow()) items.push([`${terminal}/${number}`, item]);
    }
  }
  return items.sort(([, one], [, other]) => one.start - other.start);
}

function makeInvitation() {
  const button = make('button', 'btn', icon('door'), make('span'));
  Object.assign(button.dataset, { action: 'knock', testid: 'knock' });
  const words = make('span', '', make('b'), make('br'), make('span'));
  const element = make('li', 'invitation', make('b', 'when'), words, button);
  element.dataset.testid = 'invitation';
  return element;
}

function showInvitation(element, { terminal, room, number, start, end }, state) {
  const isHere = state.call?.terminal === terminal && state.call.number === number;
  const opens = new Date(start.getTime() - EARLY_MS);
  const isOpen = serverNow() >= opens && serverNow() < end;
  setText(element.querySelector('.when'), time(start));
  setText(element.querySelector('span > b'), room);
  const key = isHere && state.call.isAdmitted ? 'running' : 'appointment';
  setText(element.querySelector('span > span'), say(key, { number }));
  const button = element.querySelector('button');
  Object.assign(button.dataset, { terminal, number });
  button.hidden = Boolean(state.call) || serverNow() >= end;
  button.disabled = !isOpen;
  setText(button.lastChild, isOpen ? say('knock') : say('from', { time: time(opens) }));
}
