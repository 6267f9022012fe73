import type { WebSocket } from "ws";
import type { Clock } from "../base/clock.js";

/** Pings a WebSocket at an interval, and drops it where nothing came back by the next ping: the client is gone without a word. */
export class Heartbeat {
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #pingMs: number;
  #isAlive = true;
  #cancel: () => void;

  constructor(socket: WebSocket, clock: Clock, pingMs: number) {
    this.#socket = socket;
    this.#clock = clock;
    this.#pingMs = pingMs;
    // A message that comes while the ping waits behind deltas is as good as its pong.
    const live = () => (this.#isAlive = true);
    socket.on("pong", live);
    socket.on("message", live);
    this.#cancel = this.#next();
  }

  stop(): void {
    this.#cancel();
  }

  #next(): () => void {
    return this.#clock.after(this.#pingMs, () => this.#beat());
  }

  #beat(): void {
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
    this.#cancel = this.#next();
  }
}
