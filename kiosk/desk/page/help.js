// Rooms that ask this desk for help: who comes, and when it is over. The answer is sealed for the room, for it has a name.

import { icon } from './icons.js';
import { bringIntoSight, keep, make, setText } from './list.js';
import { newKeys, Seal } from './sealing.js';
import { say, time } from './texts.js';

/** The answer to a call for help; `word` is `coming` or `done`. */
export async function reply(call, word, name) {
  const keys = await newKeys();
  const seal = await Seal.with(keys.secret, call.key, call.help);
  const inside = word === 'coming' ? { type: 'help-coming', name } : { type: 'help-done' };
  return { type: 'help-reply', help: call.help, key: keys.open, box: await seal.close(inside) };
}

export function showHelp(state) {
  const calls = state.name ? [...state.helps] : [];
  const fresh = keep(document.getElementById('helps'), calls, makeCard, (card, call) => showCard(card, call, state));
  if (!state.call) bringIntoSight(fresh);
}

function makeCard(terminal) {
  const card = make('div', 'ring', make('h2', '', icon('lifebuoy'), make('span')), make('p'));
  card.dataset.testid = 'help';
  card.lastChild.append(make('span'), make('br'), make('b'));
  for (const [word, glyph, look] of [['coming', 'arrow-right', 'primary'], ['done', 'check-circle', '']]) {
    const button = make('button', `btn ${look}`, icon(glyph), make('span', '', say(`help-${word}`)));
    Object.assign(button.dataset, { action: 'help', terminal, word, testid: `help-${word}` });
    card.append(button);
  }
  return card;
}

function showCard(card, call, { name, mine }) {
  const isMine = mine.has(call.help) && call.is_answered;
  setText(card.querySelector('h2 > span:last-child'), say('helpWanted', { room: call.room }));
  const [since, rest] = card.querySelectorAll('p > *:not(br)');
  setText(since, say(call.is_silent ? 'helpUnseen' : 'helpSince', { time: time(new Date(call.asked)) }));
  setText(rest, call.is_answered ? say(!isMine ? 'helpAnswered' : call.is_silent ? 'helpMineUnseen' : 'helpMine', { name }) : '');
  card.querySelector('[data-word=coming]').hidden = isMine;
  card.querySelector('[data-word=done]').hidden = !call.is_answered;
}
