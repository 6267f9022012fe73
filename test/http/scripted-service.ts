import { LiveDistError } from "../../src/base/errors.js";
import { endFrame, errorFrame, FrameReader, headFrame, positionFrame, type Frame } from "../../src/wire/frames.js";
import type { DeltaStream, LiveDistService, StreamBatch } from "../../src/wire/live-dist-service.js";

const unscripted = () => Promise.reject(new LiveDistError("Internal", "not in the script"));

/** A service that does what a test says. */
export function scriptedService(script: Partial<LiveDistService> = {}): LiveDistService {
  return {
    beginSession: unscripted,
    fullLoad: unscripted,
    syncLoad: unscripted,
    partialLoad: unscripted,
    loadEntities: unscripted,
    selectMinus: unscripted,
    unregisterEntities: unscripted,
    skipLoad: unscripted,
    fetchDeltas: unscripted,
    openStream: unscripted,
    readSchema: unscripted,
    readClients: unscripted,
    look: unscripted,
    notify: () => undefined,
    status: (role) => ({ role, isUp: true }),
    ...script,
  };
}

export const head = headFrame({ epoch: "e", sequence: 1, connectedToCenter: true });
export const end = endFrame();
export { errorFrame };

/** A batch that takes the client to `sequence`; `bytes` makes it seem, and be, about that large. */
export function batch(sequence: number, bytes = 0): StreamBatch {
  const frames = [positionFrame(sequence, true)];
  if (bytes > 0) frames.unshift(rowFrame(bytes));
  return { frames, sequence, bytes: frames.reduce((sum, frame) => sum + frame.length, 0) };
}

function rowFrame(bytes: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5 + bytes);
  new DataView(frame.buffer).setUint32(0, bytes, true);
  frame[4] = 3;
  return frame;
}

/** A stream that gives batches as a test pushes them. */
export class ScriptedStream implements DeltaStream {
  readonly head = head;
  asked = 0;
  readonly #end = new AbortController();
  readonly ended = this.#end.signal;
  /** What the client acknowledged. */
  readonly taken: number[] = [];
  readonly #signal: AbortSignal;
  readonly #batches: StreamBatch[] = [];
  #isWaiting = false;
  #failure: { readonly error: unknown } | undefined;
  #tellMore: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => this.fail(signal.reason));
  }

  get isAborted(): boolean {
    return this.#signal.aborted;
  }

  acknowledged(sequence: number): void {
    this.taken.push(sequence);
  }

  push(...batches: StreamBatch[]): void {
    this.#batches.push(...batches);
    this.#tellMore();
  }

  /** Ends by itself, asked for a batch or not. */
  end(reason: unknown): void {
    this.#end.abort(reason);
    this.fail(reason);
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#tellMore();
  }

  onMore(callback: () => void): void {
    this.#tellMore = callback;
  }

  take(): StreamBatch | undefined {
    if (this.#failure) throw this.#failure.error;
    // Who asks again for what it waits for has asked once.
    if (!this.#isWaiting) this.asked++;
    const batch = this.#batches.shift();
    this.#isWaiting = batch === undefined;
    return batch;
  }
}

/** Reads what was answered; fails where a frame is incomplete. */
export function readFrames(bytes: Uint8Array): Frame[] {
  const reader = new FrameReader();
  const frames = reader.push(bytes);
  if (!reader.isEmpty) throw new LiveDistError("Request", "the answer ends within a frame");
  return frames;
}

export function kindsOf(bytes: Uint8Array): string[] {
  return readFrames(bytes).map((frame) => frame.kind);
}
