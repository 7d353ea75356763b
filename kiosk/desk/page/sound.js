// The bell of a ringing room: two soft notes every three seconds, for people who look at another window.

const EVERY_MS = 3000;
const NOTES = [[523.25, 0], [659.25, 0.18]];
const LOUDNESS = 0.12;
const NOTE_S = 0.35;

export class RingSound {
  set(isRinging) {
    if (isRinging === Boolean(this.timer)) return;
    clearInterval(this.timer);
    this.timer = 0;
    if (!isRinging) return;
    this.play();
    this.timer = setInterval(() => this.play(), EVERY_MS);
  }

  play() {
    this.context ??= new AudioContext();
    if (this.context.state === 'running') return this.strike();
    // Before the person's first click the browser keeps it silent; the title and the card ring all the same. What could
    // not be heard is over by then: notes of a clock that stands would all sound at once. Asked for each time, as one
    // that was asked for before the click may wait for ever.
    const allowed = this.context.resume().then(() => this.timer && this.waits === allowed && this.strike());
    this.waits = allowed;
    allowed.catch(() => {});
  }

  strike() {
    for (const [pitch, delay] of NOTES) {
      const start = this.context.currentTime + delay;
      const note = new OscillatorNode(this.context, { frequency: pitch });
      const volume = new GainNode(this.context, { gain: 0 });
      volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.001, start + NOTE_S);
      note.connect(volume).connect(this.context.destination);
      note.start(start);
      note.stop(start + NOTE_S);
    }
  }
}
