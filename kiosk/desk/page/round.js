// The round at the table: stage, tiles, lamps, buttons. Also the own picture before the door opens.

import { serverNow } from './clock.js';
import { icon, setIcon } from './icons.js';
import { keep, make, setText } from './list.js';
import { screenOf } from './view.js';
import { say } from './texts.js';

const $ = (id) => document.getElementById(id);
const SELF = 'self';
const SURFACES = { monitor: 'screen', window: 'window', browser: 'tab' };
const own = { camera: null, screen: null };

/** `heights` is told where everybody is seen. */
export function showRound(state, media, meter, heights) {
  const { call } = state;
  const screen = screenOf(state);
  const round = call?.isAdmitted ? members(call, meter) : [];
  const shown = call?.isAdmitted ? onStage(round, call, media) : null;
  if (shown) showStage(shown);
  else setStream($('stage-video'), null);
  $('session').hidden = screen !== 'call' && !media.isOpen;
  $('controls').hidden = !call;
  showTiles(round, shown, media, call);
  heights.show(round.map((member) => placeOf(member, shown)));
  showSounds(round);
  if (call?.isAdmitted) showTitle(call);
  else setText($('session-title'), '');
  showLamp('camera', media, call);
  showLamp('microphone', media, call);
  showControls(media, call);
}

function members(call, meter) {
  const others = new Map((call.view?.peers ?? []).map((peer) => [peer.call, peer]));
  return [...call.peers.values()].map((peer) => {
    const known = others.get(peer.id);
    const now = meter.of(peer.id);
    return {
      id: peer.id,
      name: known?.name ?? nameOfRoom(call),
      office: known?.office ?? '',
      isRoom: peer.id === 'room',
      link: peer.link,
      hasPicture: peer.hasPicture && now.hasCamera,
      isShowing: peer.hasPicture && now.hasScreen,
      showsSince: now.screenSince,
      speaks: now.speaks,
      streams: peer.incoming,
    };
  });
}

function nameOfRoom(call) {
  return call.view?.has_microphone === false ? `${call.room} · ${say('muted')}` : call.room;
}

// The stage: the own screen while it is shown, else the screen that was shown last, else the room.

function onStage(round, call, media) {
  if (media.screen && call.hasPicture) {
    // Not every browser says what it is; then it may be everything.
    const surface = SURFACES[media.screen.getSettings().displaySurface] ?? 'chosen';
    const note = surface === 'window' || surface === 'tab' ? 'seesOnly' : 'seesAll';
    const who = say('youShow', { what: say(surface) });
    return { mode: 'own', stream: ownStream('screen', media.screen), who, note: say(note) };
  }
  const showing = round.filter((member) => member.isShowing).sort((one, other) => other.showsSince - one.showsSince);
  const [shows] = showing;
  if (shows) {
    const what = shows.isRoom && call.view?.showing === 'document' ? 'showsDocument' : 'shows';
    return { mode: 'screen', id: shows.id, stream: shows.streams.screen, who: say(what, { name: shows.name }), note: '' };
  }
  const room = round.find((member) => member.isRoom);
  if (!room) return { mode: 'room', stream: null, name: call.room, empty: say('connecting') };
  const stream = room.hasPicture ? room.streams.camera : null;
  return { mode: 'room', stream, name: room.name, speaks: room.speaks, empty: emptyStage(room, call) };
}

function emptyStage(room, call) {
  if (room.link === 'lost') return say('lost');
  if (room.link !== 'up') return say('connecting');
  if (!call.hasPicture) return say('soundOnly');
  if (call.view?.is_paused) return say('paused');
  return say(call.view?.has_camera ? 'connecting' : 'roomCameraOff');
}

function showStage({ mode, stream, who = '', note = '', name = '', speaks = false, empty = '' }) {
  const stage = $('stage');
  stage.dataset.mode = mode;
  stage.classList.toggle('speaks', speaks);
  $('stage-strip').hidden = mode === 'room';
  setText($('stage-who'), who);
  setText($('stage-note'), note);
  setStream($('stage-video'), stream);
  $('stage-video').hidden = !stream;
  setText($('stage-empty'), stream ? '' : empty);
  $('stage-name').hidden = mode !== 'room';
  setText($('stage-name'), name);
}

/**
 * Where a member's camera and screen are seen. Nobody says when a screen begins, so that one is always asked for:
 * as tall as it would be, or as a tile while another one has the stage.
 */
function placeOf(member, shown) {
  const tile = [...$('tiles').children].find((element) => element.dataset.key === member.id);
  const stage = document.querySelector('#stage .picture');
  const isAside = shown?.mode === 'own' || (shown?.mode === 'screen' && shown.id !== member.id);
  return { id: member.id, camera: tile ?? stage, screen: isAside ? $('tiles').firstChild : stage };
}

// Tiles: who is not on the stage, and the own picture last.

function showTiles(round, shown, media, call) {
  const isOnStage = (member) => member.isRoom && shown?.mode === 'room';
  const seen = round.filter((member) => !isOnStage(member)).map((member) => [member.id, member]);
  if (media.isOpen) {
    const streams = { camera: media.camera && ownStream('camera', media.camera) };
    const office = call?.isAdmitted ? '' : say('onlyHere');
    seen.push([SELF, { id: SELF, name: say('you'), office, link: 'up', hasPicture: Boolean(media.camera), streams }]);
  }
  $('tiles').hidden = seen.length === 0;
  $('tiles').dataset.size = call?.isAdmitted ? 'row' : 'preview';
  keep($('tiles'), seen, makeTile, showTile);
}

function makeTile(id) {
  const video = Object.assign(make('video'), { autoplay: true, muted: true, playsInline: true });
  const says = make('span', 'says', icon('speaker-high'), make('span', '', say('talking')));
  const tile = make('div', 'tile', video, make('p', 'empty'), says, make('div', 'name', make('b'), make('span')));
  tile.dataset.fit = 'cover';
  tile.dataset.testid = id === SELF || id === 'room' ? `tile-${id}` : 'tile';
  tile.classList.toggle('self', id === SELF);
  return tile;
}

function showTile(tile, { name, office, link, hasPicture, speaks, streams }) {
  const [video, empty, says, plate] = tile.children;
  setStream(video, hasPicture ? streams.camera : null);
  video.hidden = !hasPicture;
  const why = link === 'up' ? 'noPicture' : link === 'lost' ? 'lost' : 'connecting';
  setText(empty, hasPicture ? '' : say(why));
  says.hidden = !speaks;
  tile.classList.toggle('speaks', Boolean(speaks));
  setText(plate.firstChild, name);
  setText(plate.lastChild, office);
}

function setStream(video, stream) {
  if (video.srcObject !== stream) video.srcObject = stream;
}

function ownStream(line, track) {
  if (own[line]?.getTracks()[0] !== track) own[line] = new MediaStream([track]);
  return own[line];
}

function showSounds(round) {
  const heard = round.filter(({ streams }) => streams.microphone).map((member) => [member.id, member]);
  const make = () => Object.assign(document.createElement('audio'), { autoplay: true });
  keep($('sounds'), heard, make, (element, { streams }) => setStream(element, streams.microphone));
}

// Title, lamps and buttons.

function showTitle({ room, view }) {
  const minutes = view?.ends ? Math.ceil((Date.parse(view.ends) - serverNow()) / 60_000) : null;
  const key = minutes !== null && minutes <= 0 ? 'over' : 'left';
  setText($('session-title'), minutes === null ? room : say(key, { room, minutes }));
}

function showLamp(which, media, call) {
  const lamp = $(`${which}-lamp`);
  if (!lamp.firstChild) lamp.append(icon('video-camera'), make('span'));
  const track = media.tracks[which];
  const peers = [...(call?.peers.values() ?? [])].filter((peer) => peer.link === 'up');
  const isSent = peers.some((peer) => which === 'microphone' || peer.hasPicture);
  const state = track ? (isSent ? 'On' : 'Here') : media.isFaulty[which] ? 'Bad' : 'Off';
  lamp.className = `lamp ${state.toLowerCase()}`;
  const glyph = which === 'camera' ? 'video-camera' : 'microphone';
  setIcon(lamp.firstChild, track ? glyph : `${glyph}-slash`);
  setText(lamp.lastChild, say(which + state));
}

function showControls(media, call) {
  const { microphone, camera, screen } = media.tracks;
  const sound = microphone ? 'microphone-slash' : 'microphone';
  showControl('microphone', sound, `turnMicrophone${microphone ? 'Off' : 'On'}`);
  showControl('camera', camera ? 'video-camera-slash' : 'video-camera', `turnCamera${camera ? 'Off' : 'On'}`);
  showControl('share', screen ? 'stop-circle' : 'screencast', screen ? 'stopSharing' : 'share');
  $('share').classList.toggle('sharing', Boolean(screen));
  $('share').disabled = !screen && !call?.hasPicture;
  $('share').hidden = !navigator.mediaDevices?.getDisplayMedia; // telephones
  setText($('leave-word'), say(call?.isAdmitted ? 'leave' : 'cancel'));
}

function showControl(id, glyph, key) {
  const [sign, word] = $(id).children;
  setIcon(sign, glyph);
  setText(word, say(key));
}
