import { expect, it } from "vitest";
import { LiveDistError } from "../../../src/base/errors.js";
import { silentLogger } from "../../../src/base/logger.js";
import { Edge } from "../../../src/edge/edge.js";
import type { IHttpClient } from "../../../src/plugs/http-client.js";
import { LinkLoop } from "../../../src/site/links/link-loop.js";
import { ManualClock, settle } from "../../support/manual-clock.js";

const nobody: IHttpClient = {
  clientId: "son",
  frames: () => Promise.reject(new LiveDistError("Network", "away")),
  json: () => Promise.reject(new LiveDistError("Network", "away")),
};

it("does not pause for long once the neighbour calls again, and pauses all the same", async () => {
  const clock = new ManualClock();
  let attempts = 0;
  const loop = new LinkLoop({
    peer: "father",
    role: "father",
    edge: new Edge(nobody),
    clock,
    random: () => 0.5,
    logger: silentLogger,
    attempt: () => Promise.reject(new LiveDistError("Network", `away ${++attempts}`)),
    mustSync: () => undefined,
    epoch: () => "epoch",
    ended: () => undefined,
  });
  loop.start();
  const pass = async (ms: number): Promise<void> => {
    await settle();
    await clock.advance(ms);
    await settle();
  };
  // After many attempts the pauses between them are long.
  for (let at = 0; at < 20; at++) await pass(30_000);
  const before = attempts;
  await pass(5_000);
  expect(attempts).toBe(before);
  for (let at = 0; at < 10; at++) {
    loop.heard("epoch");
    await pass(100);
  }
  expect(attempts).toBe(before + 1);
  await loop.stop();
});
