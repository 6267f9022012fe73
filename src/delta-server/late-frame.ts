import type { LateBody } from "./late-body.js";

/** Frames with entities in them of which the cache holds only the headers: made once their bodies were read. Nothing is decided anew. */
export class LateFrame {
  readonly bodies: readonly LateBody[];
  readonly #make: () => Uint8Array;
  #bytes: Uint8Array | undefined;

  constructor(bodies: readonly LateBody[], make: () => Uint8Array) {
    this.bodies = bodies;
    this.#make = make;
  }

  get isMade(): boolean {
    return this.#bytes !== undefined;
  }

  /** Undefined until all bodies were read. */
  get bytes(): Uint8Array | undefined {
    if (this.#bytes === undefined && this.bodies.every(({ body }) => body !== undefined)) this.#bytes = this.#make();
    return this.#bytes;
  }
}
