// Joins the parts of the page: the line to the desk server, the call, the own camera, and what is seen of them.

import { showAside } from './aside.js';
import { Call } from './call.js';
import { serverNow, setClock } from './clock.js';
import { Heights } from './heights.js';
import { reply as helpReply, showHelp } from './help.js';
import { LocalMedia } from './camera.js';
import { setUp, showView } from './view.js';
import { showRound } from './round.js';
import { Meter, stats } from './meter.js';
import { DeskSocket } from './socket.js';
import { RingSound } from './sound.js';
import { pick, say } from './texts.js';

const NOTICE_MS = 6000;
const RING_GRACE_MS = 500;
/** So long after the line is there again the server has said all that still holds. */
const RETOLD_MS = 3000;
const [, kind, token] = location.pathname.split('/');

const state = {
  isGuest: kind === 'guest',
  welcome: null,
  name: takeName(),
  presence: 'free',
  isOffline: false,
  /** The server is here, and reaches no room. */
  isApart: false,
  closedReason: '',
  invitations: new Map(),
  untold: new Set(),
  rings: new Map(),
  helps: new Map(),
  mine: new Set(),
  call: null,
  over: null,
  notice: '',
};
const media = new LocalMedia(mediaChanged, notice);
const meter = new Meter(() => state.call, draw);
const heights = new Heights((now) => state.call?.show(now));
const sound = new RingSound();
const socket = new DeskSocket(token, { opened, heard, lost, closed });
let isDrawing = false;
let saidPresence = '';

/** Never sent unsealed. */
function takeName() {
  const given = new URLSearchParams(location.hash.slice(1)).get('name')?.slice(0, 60);
  if (given) {
    keepName(given);
    history.replaceState(null, '', location.pathname);
    return given;
  }
  try {
    return sessionStorage.getItem('name') ?? '';
  } catch {
    return '';
  }
}

/** For this tab only, so that loading the page anew does not ask again. A browser that blocks cookies keeps nothing. */
function keepName(name) {
  try {
    sessionStorage.setItem('name', name);
  } catch (error) {
    console.warn('the name is not kept', error.name);
  }
}

// The line to the desk server.

function opened() {
  state.isOffline = state.isApart = false;
  expectAgain();
  saidPresence = '';
  sayPresence();
  const { call } = state;
  if (call && !call.isOver) {
    if (call.standing) socket.send({ type: 'resume', calls: { [call.id]: call.terminal } });
    call.lookAgain();
  }
  draw();
}

/** Nobody tells what was taken back while the line was gone: it is what is not told again. */
function expectAgain() {
  const untold = (state.untold = new Set(state.invitations.keys()));
  setTimeout(() => {
    if (untold !== state.untold || state.isOffline) return;
    for (const terminal of untold) state.invitations.delete(terminal);
    draw();
  }, RETOLD_MS);
}

function lost() {
  state.isOffline = true;
  state.rings.clear();
  state.helps.clear();
  draw();
}

function closed(reason) {
  state.closedReason = reason || 'link-wrong';
  endCall();
  media.close();
  state.rings.clear();
  state.helps.clear();
  draw();
}

function heard(message) {
  if (message.type === 'welcome') {
    state.welcome = message;
    setClock(message.now);
  }
  if (message.type === 'heartbeat') state.isApart = message.has_broker === false;
  if (message.type === 'refused') state.call?.refused(message.call);
  if (message.type === 'from-room') roomSaid(message.terminal, message.message);
  draw();
}

function roomSaid(terminal, message) {
  const { call } = state;
  if (message.type === 'invitations') {
    state.untold.delete(terminal);
    if (message.items.length) state.invitations.set(terminal, message);
    else state.invitations.delete(terminal);
    if (call?.terminal === terminal && !call.isOver) call.keyChanged(message.key);
  } else if (message.type === 'rung') {
    state.rings.set(message.ring, { terminal, ...message });
    const left = Date.parse(message.deadline) - serverNow() + RING_GRACE_MS;
    setTimeout(() => state.rings.delete(message.ring) && draw(), left);
  } else if (message.type === 'ring-over') {
    const isKnocked = call?.ring === message.ring && !call.standing;
    if (isKnocked) tooLate(call);
    if (state.rings.delete(message.ring) || isKnocked) {
      notice(message.why === 'elsewhere' ? 'answeredElsewhere' : 'ringStopped');
    }
  } else if (message.type === 'help-call') {
    state.helps.set(terminal, message);
  } else if (message.type === 'help-over') {
    state.helps.delete(terminal);
    state.mine.delete(message.help);
  } else if (call && message.call === call.id && call.terminal === terminal) {
    call.heard(message);
  }
}

function toRoom(terminal, message) {
  return socket.send({ type: 'to-room', terminal, message });
}

function sayPresence() {
  if (state.isGuest || !state.name) return;
  const word = state.call?.isAdmitted ? 'busy' : state.presence;
  if (word !== saidPresence && socket.send({ type: 'set-presence', state: word })) saidPresence = word;
}

// The call.

function enter(terminal, { room, key }, purpose) {
  endCall();
  const introduction = { name: state.name, why: '' };
  const send = (message) => toRoom(terminal, message);
  const changed = () => callChanged(call);
  const call = new Call({ terminal, room, key, ...purpose, introduction, media, send, changed });
  Object.assign(state, { call, over: null });
  call.knock();
  media.open();
  draw();
}

function callChanged(call) {
  if (call !== state.call) return;
  if (call.isOver) {
    state.call = null;
    call.closePeers();
    const { terminal, number, ring } = call;
    if (call.isBroken) return enter(terminal, state.invitations.get(terminal) ?? call.asKnown, { number, ring });
    state.over = { terminal, number, why: reasonOf(call) };
    media.close();
  }
  sayPresence();
  draw();
}

/** The ring was over when it was accepted; the room knows of no visit to leave. */
function tooLate(call) {
  state.call = null;
  call.end('left');
  media.close();
}

function reasonOf(call) {
  if (call.standing === 'declined') return 'declined';
  return call.wasAdmitted ? 'ended' : 'refused';
}

function endCall() {
  const { call } = state;
  state.call = null;
  if (call && !call.isOver) call.leave();
  if (call) media.close();
  sayPresence();
}

function mediaChanged() {
  state.call?.mediaChanged();
  draw();
}

function notice(key) {
  state.notice = say(key);
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => {
    state.notice = '';
    draw();
  }, NOTICE_MS);
  draw();
}

// What a hand asks for.

const actions = {
  presence: ({ state: word }) => {
    state.presence = word;
    sayPresence();
  },
  knock: ({ terminal, number }) => {
    const known = state.invitations.get(terminal);
    if (known) enter(terminal, known, { number });
  },
  answer: ({ ring: id, reply }) => {
    const ring = state.rings.get(id);
    state.rings.delete(id);
    if (!ring || !toRoom(ring.terminal, { type: 'ring-answer', ring: id, reply })) return;
    if (reply === 'accept') enter(ring.terminal, ring, { ring: id });
    else notice(reply === 'later' ? 'saidLater' : 'saidNo');
  },
  help: async ({ terminal, word }) => {
    const known = state.helps.get(terminal);
    if (!known) return;
    state.mine.add(known.help);
    if (!toRoom(terminal, await helpReply(known, word, state.name))) notice('offline');
  },
  'try-out': () => (media.isOpen ? media.close() : media.open()),
  // By what there is, as the button says it: a device that was refused or lost is wanted, and off.
  microphone: () => media.setMicrophone(!media.tracks.microphone),
  camera: () => media.setCamera(!media.tracks.camera),
  share: () => (media.screen ? media.stopSharing() : media.share()),
  leave: endCall,
  back: () => (state.over = null),
  again: () => {
    const { terminal, number } = state.over;
    state.over = null;
    actions.knock({ terminal, number });
  },
};

document.addEventListener('click', ({ target }) => {
  const button = target.closest('[data-action]');
  if (!button || button.disabled) return;
  actions[button.dataset.action](button.dataset);
  draw();
});
document.getElementById('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  state.name = document.getElementById('name').value.trim();
  keepName(state.name);
  sayPresence();
  draw();
});

// What is seen.

/** Not in an animation frame: a page in the background has to ring, too. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    showView(state, media);
    showAside(state);
    showHelp(state);
    showRound(state, media, meter, heights);
    const ring = state.name && [...state.rings.values()][0];
    const help = state.name && [...state.helps.values()].find((one) => !one.is_answered);
    sound.set(Boolean(ring || help));
    document.title = titleOf(ring, help);
  });
}

function titleOf(ring, help) {
  if (help) return `⚠ ${say('helpWanted', { room: help.room })}`;
  return ring ? `☎ ${say('rings', { room: ring.room })}` : pick(state.welcome?.name) || 'Rundtisch';
}

setUp();
setInterval(draw, 1000);
for (const [source, news] of [[window, 'online'], [navigator.connection, 'change']]) {
  source?.addEventListener(news, () => state.call?.hurry());
}
window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
window.rundtisch = { stats: () => stats(state, socket, media) };
draw();
