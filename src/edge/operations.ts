import { LiveDistError } from "../base/errors.js";

/** What runs on an Edge at the moment. */
export interface Operation {
  /** Aborts with the caller's signal and when the Edge closes; its reason is always a LiveDistError with the code Closed. */
  readonly signal: AbortSignal;
  /** Gives way to the next operation and aborts what is still running of this one. */
  end(): void;
}

/** Lets one operation run at a time: an Edge has one position, which two of them would move past each other. */
export class Operations {
  #running: { readonly name: string; readonly controller: AbortController } | undefined;
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Begins an operation that lasts until its `end`. Throws Closed after close, Request while another one runs. */
  begin(name: string, callersSignal?: AbortSignal): Operation {
    if (this.#isClosed) throw closed();
    if (this.#running) {
      throw new LiveDistError(
        "Request",
        `${name} was called while ${this.#running.name} runs: an Edge does one at a time`,
      );
    }
    const controller = new AbortController();
    const running = { name, controller };
    this.#running = running;
    const abort = (): void => controller.abort(aborted(name, callersSignal));
    if (callersSignal?.aborted) abort();
    callersSignal?.addEventListener("abort", abort, { once: true });
    const end = (): void => {
      callersSignal?.removeEventListener("abort", abort);
      if (this.#running === running) this.#running = undefined;
      controller.abort(new LiveDistError("Closed", `${name} has ended`));
    };
    return { signal: controller.signal, end };
  }

  /** Aborts what runs and refuses what comes. */
  close(): void {
    this.#isClosed = true;
    this.#running?.controller.abort(closed());
  }
}

function aborted(name: string, signal: AbortSignal | undefined): LiveDistError {
  return new LiveDistError("Closed", `${name} was aborted by its caller`, { cause: signal?.reason });
}

function closed(): LiveDistError {
  return new LiveDistError("Closed", "the edge is closed");
}
