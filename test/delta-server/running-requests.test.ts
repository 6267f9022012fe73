import { expect, it } from "vitest";
import { RunningRequests } from "../../src/delta-server/running-requests.js";

it("loses no request by another that is ended twice", () => {
  const requests = new RunningRequests();
  const row = { clientId: "c", bitNumber: 0, isDisabled: false };
  requests.update([row]);
  const { signal } = new AbortController();
  const first = requests.begin("c", signal);
  first.end();
  const second = requests.begin("c", signal);
  first.end();
  expect(requests.count).toBe(1);
  requests.update([{ ...row, isDisabled: true }]);
  expect(second.signal.reason).toMatchObject({ code: "ClientDisabled" });
});
