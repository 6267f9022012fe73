import { expect, it, vi } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { codeOfRejection, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

vi.mock("../../src/base/limits.js", async (original) => ({ ...(await original<object>()), COMMANDS_WAITING_MAX: 2 }));

it("refuses a command above COMMANDS_WAITING_MAX, also while those whose callers left are still being appended", async () => {
  const site = await OneSite.start();
  const request = { service: "FullLoad", clientId: "c1", tracking: "registration", topicsSlice: "A" } as const;
  let goOn = (): void => undefined;
  const held = new Promise<void>((resolve) => (goOn = resolve));
  const transaction = site.store.transaction.bind(site.store);
  vi.spyOn(site.store, "transaction").mockImplementation(async (work) => {
    await held;
    return transaction(work);
  });
  const load = (command: number, signal = new AbortController().signal): Promise<unknown> =>
    codeOfRejection(site.service.fullLoad({ ...request, session: 1, command }, signal));
  for (const command of [1, 2]) {
    const caller = new AbortController();
    const left = load(command, caller.signal);
    await site.clock.advance(0);
    caller.abort(new LiveDistError("Closed", "the caller has left"));
    expect(await left).toBe("Closed");
  }
  expect(await load(3)).toBe("Limit");
  goOn();
  await site.read();
  await site.read();
  expect(await codeOfRejection(new RegisteredClient(site).begin())).toBe("resolved");
});
