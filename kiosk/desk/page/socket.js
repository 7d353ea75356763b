// The page's line to the desk server: always there again, until the link itself is no good any more.

const FIRST_RETRY_MS = 100;
const SLOWEST_RETRY_MS = 5000;
const SLEPT_MS = 90_000;
/** Two heartbeats of the server, and some. */
const SILENT_MS = 50_000;
const CONNECT_MS = 10_000;
const FOR_GOOD = new Set([1008, 4403, 4410]);

export class DeskSocket {
  /** `opened()`, `heard(message)`, `lost()`, `closed(reason)`: the last one when there is no way back. */
  constructor(token, { opened, heard, lost, closed }) {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.address = `${scheme}://${location.host}/socket/${token}`;
    this.tell = { opened, heard, lost, closed };
    this.tries = 0;
    this.retired = [];
    this.reason = '';
    window.addEventListener('online', () => this.refresh());
    window.addEventListener('pagehide', () => this.close());
    this.watch();
    this.connect();
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Sends where that is possible; what is lost with a socket is asked for again after the next `opened`. */
  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
    return this.isOpen;
  }

  close() {
    this.isDone = true;
    clearTimeout(this.timer);
    this.socket?.close(1000);
  }

  connect() {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    this.hasBeaten = false;
    this.heardAt = Date.now();
    socket.onopen = () => {
      this.tries = 0;
      this.tell.opened();
      for (const old of this.retired.splice(0)) old.close(1000);
    };
    socket.onmessage = ({ data }) => this.heard(data);
    socket.onclose = ({ code }) => this.closed(socket, code);
  }

  heard(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    this.heardAt = Date.now();
    this.hasBeaten ||= message.type === 'heartbeat';
    if (message.type === 'refused') this.reason = message.reason;
    this.tell.heard(message);
  }

  closed(socket, code) {
    if (socket !== this.socket || this.isDone) return;
    if (FOR_GOOD.has(code)) {
      this.isDone = true;
      this.tell.closed(this.reason);
      return;
    }
    this.tell.lost();
    const pause = Math.min(SLOWEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries += 1;
    this.timer = setTimeout(() => this.connect(), pause);
  }

  /** The network has changed, or the computer slept: the old socket may look open and be dead. */
  refresh() {
    if (this.isDone) return;
    clearTimeout(this.timer);
    this.retired.push(this.socket);
    this.connect();
  }

  /** Time that was slept through, and a line that died without a word: the browser tells of neither. */
  watch() {
    let last = Date.now();
    setInterval(() => {
      const [slept, silent] = [Date.now() - last, Date.now() - this.heardAt];
      last = Date.now();
      if (slept > SLEPT_MS) {
        this.refresh();
      } else if (this.isOpen && this.hasBeaten && silent > SILENT_MS) {
        this.tell.lost();
        this.refresh();
      } else if (this.socket.readyState === WebSocket.CONNECTING && silent > CONNECT_MS) {
        this.socket.close();
      }
    }, 1000);
  }
}
