import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { allowAll } from "../../src/plugs/permit.js";
import { PermittedService } from "../../src/site/permitted-service.js";
import type { AnswerPieces } from "../../src/wire/live-dist-service.js";
import { head, scriptedService } from "../http/scripted-service.js";
import { ManualClock } from "../support/manual-clock.js";
import { codeOfRejection } from "../support/one-site.js";

const { signal } = new AbortController();

function serviceWith(limits: { requestsPerSecondMax?: number; loadsMax?: number }, pieces = onePiece) {
  const clock = new ManualClock();
  const script = scriptedService({
    readSchema: () => Promise.resolve({ schemaName: "v1", schemaText: "[]" }),
    fullLoad: () => Promise.resolve(pieces()),
    syncLoad: () => Promise.reject(new LiveDistError("Closed", "not now")),
  });
  const service = new PermittedService(script, allowAll, {
    clock,
    limits: { requestsPerSecondMax: 0, loadsMax: 0, ...limits },
  });
  const common = { tracking: "none", topicsSlice: "A" } as const;
  return {
    clock,
    ask: (clientId = "c1") => service.readSchema({ service: "ReadSchema", clientId }),
    load: (clientId = "c1", until = signal) => service.fullLoad({ service: "FullLoad", clientId, ...common }, until),
    failingLoad: () => service.syncLoad({ service: "SyncLoad", clientId: "c1", ...common }, signal),
  };
}

async function* onePiece(): AnswerPieces & AsyncGenerator<readonly Uint8Array[]> {
  yield await Promise.resolve([head]);
}

async function takeAll(pieces: AnswerPieces): Promise<number> {
  let count = 0;
  for await (const piece of pieces) count += piece.length;
  return count;
}

describe("a client's requests in a second", () => {
  it("are limited for each ClientId, and forgotten with the second", async () => {
    const { ask, clock } = serviceWith({ requestsPerSecondMax: 2 });
    await ask();
    await ask();
    expect(await codeOfRejection(ask())).toBe("Busy");
    await ask("c2");
    await clock.advance(1_000);
    await ask();
    await ask();
    expect(await codeOfRejection(ask())).toBe("Busy");
  });
});

describe("a client's loads at once", () => {
  it("are limited until their answers have ended, each client's for itself", async () => {
    const { load } = serviceWith({ loadsMax: 2 });
    const running = [await load(), await load()];
    expect(await codeOfRejection(load())).toBe("Busy");
    expect(await takeAll(await load("c2"))).toBe(1);
    expect(await takeAll(running[0]!)).toBe(1);
    expect(await takeAll(await load())).toBe(1);
  });

  it("count no more when they fail, are given up, or nobody ever takes of them", async () => {
    const { load, failingLoad } = serviceWith({ loadsMax: 1 });
    expect(await codeOfRejection(failingLoad())).toBe("Closed");
    for await (const piece of await load()) {
      expect(piece).toHaveLength(1);
      break;
    }
    const leaving = new AbortController();
    await load("c1", leaving.signal);
    expect(await codeOfRejection(load())).toBe("Busy");
    leaving.abort();
    expect(await takeAll(await load())).toBe(1);
  });
});
