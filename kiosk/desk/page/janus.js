// A session on a media server, by Janus's own messages over a WebSocket. Knows no round and no peer connection.

const ANSWER_MS = 4000;
const KEEP_ALIVE_MS = 2000;
const LINGER_MS = 5000;
const CLAIM_AGAIN_MS = 300;
const VIDEO_ROOM = 'janus.plugin.videoroom';
export const NO_SUCH_ROOM = 426;
export const ID_EXISTS = 436;

/** Refused by the server with its `code`, or 0 for no answer. */
export class JanusError extends Error {
  constructor(message, code = 0) {
    super(message);
    Object.assign(this, { name: 'JanusError', code });
  }
}

export class Janus {
  /** `ended()`: there is no session any more. A lost socket alone is no end: the session is claimed anew. */
  constructor(url, { claimed, ended }) {
    Object.assign(this, { url, tell: { claimed, ended } });
    this.pending = new Map();
    this.listeners = new Map();
    this.number = 0;
  }

  /** Raises JanusError. */
  async open() {
    await this.connect();
    this.number = (await this.ask({ janus: 'create' })).data.id;
    this.watch();
  }

  /** Leaves the session to the server, which waits for the room's agent to kick this feed. */
  close() {
    this.isClosed = true;
    clearInterval(this.timer);
    this.socket?.close();
    this.failAll('closed');
  }

  /** `heard(data, jsep)`: what the plugin says unasked; of its peer connection `{hangup}` and `{candidate}`. */
  async attach(heard) {
    const { data } = await this.ask({ janus: 'attach', plugin: VIDEO_ROOM });
    this.listeners.set(data.id, heard);
    return new Handle(this, data.id);
  }

  connect() {
    return new Promise((opened, failed) => {
      const socket = new WebSocket(this.url, 'janus-protocol');
      this.socket = socket;
      const late = setTimeout(() => socket.close(), ANSWER_MS);
      socket.onopen = () => {
        clearTimeout(late);
        opened();
      };
      socket.onmessage = ({ data }) => this.heard(data);
      socket.onclose = () => {
        clearTimeout(late);
        failed(new JanusError('no connection'));
        if (socket === this.socket) this.lost();
      };
    });
  }

  /** With `isAcked` the word that it has come is enough. Raises JanusError. */
  ask(message, isAcked = false, patience_ms = ANSWER_MS) {
    const transaction = crypto.randomUUID();
    return new Promise((answered, failed) => {
      if (this.socket?.readyState !== WebSocket.OPEN) return failed(new JanusError('no connection'));
      const settle = (settled) => (value) => {
        clearTimeout(timer);
        this.pending.delete(transaction);
        settled(value);
      };
      const timer = setTimeout(() => settle(failed)(new JanusError('no answer')), patience_ms);
      this.pending.set(transaction, { isAcked, answered: settle(answered), failed: settle(failed) });
      const session = this.number ? { session_id: this.number } : {};
      this.socket.send(JSON.stringify({ ...message, ...session, transaction }));
    });
  }

  heard(data) {
    const message = JSON.parse(data);
    const { janus, transaction, sender, plugindata, jsep } = message;
    const asked = this.pending.get(transaction);
    if (asked) {
      if (janus === 'error') asked.failed(new JanusError(message.error.reason, message.error.code));
      else if (janus !== 'ack' || asked.isAcked) asked.answered(message);
    } else if (janus === 'timeout') {
      this.end();
    } else if (janus === 'event') {
      this.listeners.get(sender)?.(plugindata.data, jsep);
    } else if (janus === 'hangup') {
      this.listeners.get(sender)?.({ hangup: true });
    } else if (janus === 'trickle') {
      this.listeners.get(sender)?.({ candidate: message.candidate });
    }
  }

  watch() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.prove(), KEEP_ALIVE_MS);
  }

  /** Whether the server still answers; a socket on which it does not is given up. */
  prove() {
    const { socket } = this;
    return this.ask({ janus: 'keepalive' }, true, KEEP_ALIVE_MS).catch(() => {
      // Closing waits for the far side, which may be gone.
      if (socket === this.socket && socket.readyState === WebSocket.OPEN) this.lost();
      socket.close();
    });
  }

  async lost() {
    this.failAll('the connection is lost');
    clearInterval(this.timer);
    if (this.isClosed || this.isEnded || !this.number || this.isClaiming) return;
    this.isClaiming = true;
    const until = performance.now() + LINGER_MS;
    while (!this.isClosed && !this.isEnded && performance.now() < until) {
      try {
        await this.connect();
        await this.ask({ janus: 'claim' });
        this.isClaiming = false;
        this.watch();
        return this.tell.claimed();
      } catch (error) {
        if (error.code) break;
        await new Promise((later) => setTimeout(later, CLAIM_AGAIN_MS));
      }
    }
    this.isClaiming = false;
    this.end();
  }

  failAll(why) {
    for (const { failed } of [...this.pending.values()]) failed(new JanusError(why));
  }

  end() {
    if (this.isClosed || this.isEnded) return;
    this.isEnded = true;
    clearInterval(this.timer);
    this.socket.close();
    this.failAll('the session has ended');
    this.tell.ended();
  }
}

class Handle {
  constructor(janus, number) {
    Object.assign(this, { janus, number });
  }

  /** The plugin's answer: `{data, jsep}`. Raises JanusError. */
  async request(body, jsep) {
    const answer = await this.janus.ask({ janus: 'message', handle_id: this.number, body, ...(jsep && { jsep }) });
    const { data } = answer.plugindata;
    if (data.error_code) throw new JanusError(data.error, data.error_code);
    return { data, jsep: answer.jsep };
  }

  /** `null` ends the candidates. */
  trickle(candidate) {
    const said = candidate?.candidate ? candidate.toJSON() : { completed: true };
    this.janus.ask({ janus: 'trickle', handle_id: this.number, candidate: said }, true).catch(() => {});
  }

  detach() {
    this.janus.listeners.delete(this.number);
    this.janus.ask({ janus: 'detach', handle_id: this.number }).catch(() => {});
  }
}
