import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../../src/base/errors.js";
import { PermitFile } from "../../../src/site/permits/permit-file.js";
import { PermittedService } from "../../../src/site/permitted-service.js";
import type { StaticKey } from "../../../src/site/permits/token-permit.js";
import { scriptedService, ScriptedStream } from "../../http/scripted-service.js";
import { ManualClock } from "../../support/manual-clock.js";
import { afterThis, Logged } from "../../support/one-site.js";

const LOOK_MS = 5_000;

function keyOf(clientId: string, topics: string[] = ["A"]): StaticKey {
  return { sha256: createHash("sha256").update(`key of ${clientId}`).digest("hex"), clientId, topics };
}

interface Guarded {
  readonly service: PermittedService;
  /** The streams that were opened, by ClientId. */
  readonly streams: ReadonlyMap<string, ScriptedStream>;
  readonly logged: Logged;
  /** Writes the file, and waits until it was looked at. */
  replace(text: string): Promise<void>;
}

async function start(keys: readonly StaticKey[]): Promise<Guarded> {
  const folder = mkdtempSync(join(tmpdir(), "livedist-permit-"));
  afterThis(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "permit.json");
  writeFileSync(path, JSON.stringify({ keys }));
  const clock = new ManualClock();
  const logged = new Logged();
  const permit = await PermitFile.read(path, clock);
  permit.keepCurrent(logged);
  afterThis(() => permit.stop());
  const streams = new Map<string, ScriptedStream>();
  const service = scriptedService({
    skipLoad: ({ position }) => Promise.resolve(position),
    openStream: ({ clientId }, signal) => {
      const stream = new ScriptedStream(signal);
      streams.set(clientId, stream);
      return Promise.resolve(stream);
    },
    fetchDeltas: (_, signal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve([]), { once: true })),
  });
  return {
    service: new PermittedService(service, permit, { clock }),
    streams,
    logged,
    async replace(text) {
      writeFileSync(path, text);
      clock.pass(LOOK_MS);
      // The next look is waited for once this one is over.
      await until(() => clock.delaysMs.length > 0);
    },
  };
}

const position = { epoch: "e", sequence: 1 };

function requestOf(clientId: string, token = `key of ${clientId}`) {
  return { clientId, tracking: "none", topicsSlice: "A", token, position } as const;
}

async function answerTo({ service }: Guarded, clientId: string): Promise<string> {
  const answer = service.skipLoad({ service: "SkipLoad", ...requestOf(clientId) });
  return answer.then(
    () => "served",
    (error: unknown) => codeOf(error)!,
  );
}

/** Waits until something holds; the test's own time-out ends the wait. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("the permit file", () => {
  it("is read again when it changes, and ends what runs with a key of which it says something else", async () => {
    const site = await start([keyOf("stays"), keyOf("goes"), keyOf("changes")]);
    const clientIds = ["stays", "goes", "changes"];
    const forever = new AbortController().signal;
    for (const clientId of clientIds) {
      const request = { service: "FetchDeltas", ...requestOf(clientId), waitMsMax: 60_000 } as const;
      await site.service.openStream(request, forever);
    }
    const poll = site.service.fetchDeltas({ service: "FetchDeltas", ...requestOf("goes"), waitMsMax: 60_000 }, forever);
    const refused = expect(poll).rejects.toMatchObject({ code: "Closed" });
    expect(await answerTo(site, "comes")).toBe("Permission");
    await site.replace(JSON.stringify({ keys: [keyOf("comes"), keyOf("changes", ["A", "B"]), keyOf("stays")] }));
    await refused;
    expect(clientIds.map((clientId) => site.streams.get(clientId)!.isAborted)).toEqual([false, true, true]);
    const answers = await Promise.all(["stays", "goes", "changes", "comes"].map((one) => answerTo(site, one)));
    expect(answers).toEqual(["served", "Permission", "served", "served"]);
    expect(site.logged.lines.map(({ level }) => level)).toEqual(["info"]);
  });

  it("stays in force where what it holds now cannot be used, which is told once", async () => {
    const site = await start([keyOf("c1")]);
    await site.replace('{"keys": [');
    expect(site.logged.lines.map(({ fields }) => codeOf(fields["err"]))).toEqual(["Config"]);
    expect(await answerTo(site, "c1")).toBe("served");
    await site.replace('{"keys": [');
    await site.replace(JSON.stringify({ keys: [keyOf("c2")] }));
    expect(site.logged.errors).toHaveLength(1);
    expect([await answerTo(site, "c1"), await answerTo(site, "c2")]).toEqual(["Permission", "served"]);
  });
});
