// The person's own camera, microphone and screen. Opened by a click only; knows nothing of who gets them.

const CAMERA = {
  width: { ideal: 1280, max: 1280 },
  height: { ideal: 720, max: 720 },
  frameRate: { ideal: 30, max: 30 },
};
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SCREEN = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 10, max: 15 } };

export class LocalMedia {
  /** `changed()` after every change; `failed(key)` names a text that says what is missing. */
  constructor(changed, failed) {
    this.changed = changed;
    this.failed = failed;
    this.microphone = this.camera = this.screen = null;
    this.isFaulty = { microphone: false, camera: false };
    this.wants = { microphone: true, camera: true };
    this.isOpen = false;
  }

  /** What a call may carry now, by media line. */
  get tracks() {
    return { microphone: this.wants.microphone ? this.microphone : null, camera: this.camera, screen: this.screen };
  }

  async open() {
    if (this.isOpen) return;
    this.isOpen = true;
    // One question for both; where one is missing, they are asked for one by one.
    const both = this.wants.camera && (await this.get({ video: CAMERA, audio: MICROPHONE }));
    if (!this.isOpen) return both && stop(both);
    if (both) {
      this.take(both);
    } else {
      await this.getMicrophone();
      if (this.wants.camera) await this.getCamera();
    }
    if (this.isOpen && !this.microphone && !this.camera) this.failed('noDevices');
    else if (this.isOpen && this.wants.camera && !this.camera) this.failed('noCamera');
    this.changed();
  }

  async setMicrophone(isOn) {
    this.wants.microphone = isOn;
    if (isOn && this.isOpen && !this.microphone) await this.getMicrophone();
    if (this.microphone) this.microphone.enabled = isOn;
    this.changed();
  }

  /** Off closes the device, so that its light goes out. */
  async setCamera(isOn) {
    this.wants.camera = isOn;
    if (!isOn) {
      this.camera?.stop();
      this.camera = null;
      this.isFaulty.camera = false;
    } else if (this.isOpen && !this.camera) {
      await this.getCamera();
      if (!this.camera) this.failed('noCamera');
    }
    this.changed();
  }

  async share() {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: false });
      if (!this.isOpen) return stop(stream);
      this.screen?.stop();
      [this.screen] = stream.getVideoTracks();
      this.screen.contentHint = 'detail';
      this.screen.onended = () => this.stopSharing();
    } catch {
      this.failed('notShared');
    }
    this.changed();
  }

  stopSharing() {
    this.screen?.stop();
    this.screen = null;
    this.changed();
  }

  close() {
    this.isOpen = false;
    for (const track of [this.microphone, this.camera, this.screen]) track?.stop();
    this.microphone = this.camera = this.screen = null;
    this.isFaulty = { microphone: false, camera: false };
    this.wants = { microphone: true, camera: true };
    this.changed();
  }

  async getMicrophone() {
    const stream = await this.get({ audio: MICROPHONE });
    this.isFaulty.microphone = !stream;
    if (stream) this.take(stream);
  }

  async getCamera() {
    const stream = await this.get({ video: CAMERA });
    this.isFaulty.camera = !stream;
    if (stream) this.take(stream);
  }

  async get(wish) {
    try {
      return await navigator.mediaDevices.getUserMedia(wish);
    } catch {
      return null;
    }
  }

  take(stream) {
    if (!this.isOpen) return stop(stream);
    for (const track of stream.getTracks()) {
      const which = track.kind === 'audio' ? 'microphone' : 'camera';
      if (!this.wants[which] && which === 'camera') {
        track.stop();
        continue;
      }
      this[which]?.stop();
      this[which] = track;
      track.enabled = this.wants[which];
      if (which === 'camera') track.contentHint = 'motion';
      track.onended = () => this.ended(which, track);
    }
  }

  ended(which, track) {
    if (this[which] !== track) return;
    this[which] = null;
    this.isFaulty[which] = true;
    this.changed();
  }
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
