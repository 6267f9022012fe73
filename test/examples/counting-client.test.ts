import type { IHttpClient, Request } from "livedist";
import { expect, test } from "vitest";
import { CountingClient } from "../../examples/cities/counting-client.js";

const caller = { clientId: "c1", tracking: "registration", topicsSlice: "T1" } as const;
const position = { epoch: "e", sequence: 1 };

function client(stream?: NonNullable<IHttpClient["stream"]>): IHttpClient {
  return {
    clientId: "c1",
    frames: () => Promise.resolve(answer()),
    json: () => Promise.resolve({ sequence: 2 }),
    ...(stream && { stream }),
  };
}

async function* answer() {
  yield await Promise.resolve(new Uint8Array(3));
  yield new Uint8Array(4);
}

async function read(counting: CountingClient, request: Request): Promise<number[]> {
  const lengths: number[] = [];
  for await (const bytes of await counting.frames(request)) lengths.push(bytes.length);
  return lengths;
}

test("passes answers on, and counts their bytes for each service", async () => {
  const counting = new CountingClient(client());
  const partialLoad = { service: "PartialLoad", ...caller, position, newTopicsSlice: "T2" } as const;
  expect(await read(counting, partialLoad)).toEqual([3, 4]);
  await read(counting, partialLoad);
  await read(counting, { service: "FullLoad", ...caller });
  expect(counting.answerBytes("PartialLoad")).toBe(14);
  expect(counting.answerBytes("FullLoad")).toBe(7);
  expect(counting.answerBytes("SyncLoad")).toBe(0);
});

test("counts the entities that were unregistered", async () => {
  const counting = new CountingClient(client());
  const request = { service: "UnregisterEntities", ...caller, position, techIds: new Uint8Array(48) } as const;
  expect(await counting.json(request)).toEqual({ sequence: 2 });
  expect(counting.unregisteredCount).toBe(3);
});

test("has a stream where the other client has one", () => {
  expect(new CountingClient(client()).stream).toBeUndefined();
  expect(new CountingClient(client(() => Promise.reject(new Error("none")))).stream).toBeDefined();
});
