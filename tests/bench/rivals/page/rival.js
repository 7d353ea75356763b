// What a kiosk made of Chromium would do: answer partners' offers, show their cameras, play their sound.

const rival = { calls: new Map(), shown: [], streams: {} };
const CELLS = 26;
const PER_CELL = 3;

function tile(call) {
  const video = Object.assign(document.createElement('video'), { autoplay: true, muted: true, playsInline: true });
  document.getElementById('tiles').append(video);
  const one = { video, first: 0 };
  video.requestVideoFrameCallback((now) => (one.first = performance.timeOrigin + now));
  rival.calls.set(call, one);
  return one;
}

rival.expect = (calls) => calls.forEach((call) => tile(call));

rival.connection = (call, generation) => {
  const one = rival.calls.get(call);
  one.pc?.close();
  one.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  one.pc.onicecandidate = ({ candidate }) =>
    candidate?.candidate && window.say(call, 'candidate', candidate.candidate, candidate.sdpMid, generation);
  one.pc.onconnectionstatechange = () => one.pc.connectionState === 'failed' && window.lost(call);
  return one;
};

function carry(pc) {
  const [microphone, camera] = pc.getTransceivers();
  for (const line of pc.getTransceivers()) line.direction = 'sendrecv';
  if (rival.streams.microphone) microphone.sender.replaceTrack(rival.streams.microphone);
  if (rival.streams.camera) camera.sender.replaceTrack(rival.streams.camera);
}

function play(one) {
  const [microphone, camera] = one.pc.getTransceivers();
  one.video.srcObject = new MediaStream([camera.receiver.track]);
  one.audio ??= Object.assign(new Audio(), { autoplay: true });
  one.audio.srcObject = new MediaStream([microphone.receiver.track]);
}

rival.offered = async (call, sdp, generation) => {
  const one = rival.connection(call, generation);
  await one.pc.setRemoteDescription({ type: 'offer', sdp });
  carry(one.pc);
  play(one);
  await one.pc.setLocalDescription();
  window.say(call, 'answer', one.pc.localDescription.sdp, '', generation);
};

rival.offer = async (call, generation) => {
  const one = rival.connection(call, generation);
  one.pc.addTransceiver('audio', { direction: 'sendrecv' });
  for (let line = 0; line < 2; line += 1) one.pc.addTransceiver('video', { direction: 'sendrecv' });
  carry(one.pc);
  await one.pc.setLocalDescription();
  window.say(call, 'offer', one.pc.localDescription.sdp, '', generation);
  play(one);
};

rival.answered = (call, sdp) => rival.calls.get(call).pc.setRemoteDescription({ type: 'answer', sdp });

rival.candidate = (call, sdp, mid) =>
  rival.calls.get(call)?.pc?.addIceCandidate({ candidate: sdp, sdpMid: mid }).catch(() => {});

// A partner sends as the desk page does, by its own modules: a smaller picture where the way is narrow, and tries for more.
rival.heed = async (call) => {
  const [{ count }, { FULL, limit, limitsOf }, { Narrow }, { Wider, tryMore }] = await Promise.all(
    ['counts', 'lines', 'narrow', 'wider'].map((name) => import(`/${name}.js`)),
  );
  const [narrow, wider] = [new Narrow(), new Wider()];
  setInterval(async () => {
    const { pc } = rival.calls.get(call) ?? {};
    if (pc?.connectionState !== 'connected') return [narrow, wider].forEach((one) => one.begin());
    const counts = await count(pc);
    narrow.look(counts.available, false);
    const { sender } = pc.getTransceivers()[1];
    const limits = limitsOf('camera', sender.track, FULL, narrow.shrink);
    limit(sender, 'camera', limits);
    if (wider.look(counts, limits.maxBitrate)) tryMore(pc);
  }, 400);
};

// By way of a media server: one connection to send, one in which everybody comes. Python speaks with the server.
async function described(pc) {
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') {
    await new Promise((done) => pc.addEventListener('icegatheringstatechange', done, { once: true }));
  }
  return pc.localDescription.sdp;
}

rival.publish = async () => {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  rival.calls.set('own', { pc, isOwn: true });
  for (const track of Object.values(rival.streams)) pc.addTransceiver(track, { direction: 'sendonly' });
  return described(pc);
};

rival.subscribed = async (sdp, lines) => {
  const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  rival.everybody = pc;
  await pc.setRemoteDescription({ type: 'offer', sdp });
  for (const [call, kind, mid] of lines) {
    const one = rival.calls.get(call);
    const line = pc.getTransceivers().find((each) => each.mid === mid);
    if (!line || one[kind === 'video' && 'camera']) continue;
    const element = kind === 'video' ? one.video : Object.assign(new Audio(), { autoplay: true });
    if (kind === 'video') one.camera = line;
    else one.audio = element;
    element.srcObject = new MediaStream([line.receiver.track]);
  }
  return described(pc);
};

rival.leave = () => {
  for (const { pc, video, audio } of rival.calls.values()) {
    pc?.close();
    video?.remove();
    if (audio) audio.srcObject = null;
  }
  rival.calls.clear();
  rival.everybody?.close();
};

rival.firsts = () => [...rival.calls.values()].filter((one) => !one.isOwn).map(({ first }) => first);

// The bar code of barcode.py, read from a small copy of the picture's upper edge.
const strip = new OffscreenCanvas(80, 2).getContext('2d', { willReadFrequently: true });

function read(video) {
  strip.drawImage(video, 0, 0, video.videoWidth, (video.videoHeight * 40) / 720, 0, 0, 80, 2);
  const { data } = strip.getImageData(0, 1, 80, 1);
  const level = (cell) => data[4 * (cell * PER_CELL + 1)];
  const [black, white] = [level(0), level(1)];
  if (white - black < 60) return -1;
  let number = 0;
  for (let cell = 2; cell < CELLS; cell += 1) number = number * 2 + (level(cell) > (black + white) / 2 ? 1 : 0);
  return number;
}

rival.watch = (calls, each) => {
  rival.shown = [];
  for (const call of calls) {
    const { video } = rival.calls.get(call);
    let count = 0;
    const look = (now, { presentedFrames, width, height }) => {
      if (!rival.shown) return;
      count += 1;
      const code = each && count % each === 0 ? read(video) : -1;
      rival.shown.push([call, performance.timeOrigin + now, code, presentedFrames, width, height]);
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
  }
};

rival.watched = () => {
  const shown = rival.shown;
  rival.shown = null;
  return shown;
};

// A camera that writes the time (ms, 24 bits) into each picture.
rival.clock = (width, height, perSecond) => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pen = canvas.getContext('2d', { alpha: false });
  const grain = new OffscreenCanvas(2 * width, height);
  const back = grain.getContext('2d');
  for (let i = 0; i < 6000; i += 1) {
    back.fillStyle = `hsl(${(i * 47) % 360} 60% ${20 + ((i * 31) % 60)}%)`;
    back.fillRect((i * 7919) % (2 * width), (i * 104729) % height, 24, 18);
  }
  const cell = (48 * width) / 1280;
  const draw = () => {
    const now = Math.round(performance.timeOrigin + performance.now());
    const shift = Math.round((width / 2) * (1 - Math.cos(now / 1500)));
    pen.drawImage(grain, shift, 0, width, height, 0, 0, width, height);
    const code = now % 2 ** 24;
    for (let i = 0; i < CELLS; i += 1) {
      const bit = i === 0 ? 0 : i === 1 ? 1 : Math.floor(code / 2 ** (25 - i)) % 2;
      pen.fillStyle = bit ? '#ddd' : '#222';
      pen.fillRect(i * cell, 0, cell, (40 * height) / 720);
    }
  };
  setInterval(draw, 1000 / perSecond);
  [rival.streams.camera] = canvas.captureStream(perSecond).getVideoTracks();
  rival.streams.camera.contentHint = 'motion'; // as a camera is: resolution falls before pictures a second
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 330 });
  const out = context.createMediaStreamDestination();
  tone.connect(new GainNode(context, { gain: 0.2 })).connect(out);
  tone.start();
  [rival.streams.microphone] = out.stream.getAudioTracks();
};

// The fake camera of Chromium, a file.
rival.open = async () => {
  const video = { width: 1280, height: 720, frameRate: 30 };
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video });
  [rival.streams.camera] = media.getVideoTracks();
  [rival.streams.microphone] = media.getAudioTracks();
};

rival.stats = async () => {
  const found = [];
  for (const [call, { pc }] of rival.calls) {
    if (pc) for (const one of (await pc.getStats()).values()) found.push({ ...one, call });
  }
  return found;
};

window.rival = rival;
