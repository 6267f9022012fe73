import { fullError } from "./http-error.js";

/** Counts the bytes of all request bodies that a server holds: of any number of connections, each may send a large one. */
export class BodyRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** How many bytes are held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes room for bytes that arrived; `free` has to give it back. Throws Limit with the status 503 where there is none. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#bytesMax) {
      throw fullError(`the bodies of all requests are above ${this.#bytesMax} bytes (REQUEST_BODIES_BYTES_MAX)`);
    }
    this.#bytes += bytes;
  }

  free(bytes: number): void {
    this.#bytes -= bytes;
  }
}
