import { describe, expect, it } from "vitest";
import { LiveDistError } from "../../src/base/errors.js";
import { STORE_WAITING_MAX } from "../../src/base/limits.js";
import { Turns } from "../../src/store/turns.js";
import { expectCode, gate } from "./contract-setup.js";

describe("Turns", () => {
  it("lets so many run at once, and the others in the order in which they came", async () => {
    const turns = new Turns(2);
    const started: number[] = [];
    let running = 0;
    let runningMax = 0;
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        turns.run(async () => {
          started.push(index);
          runningMax = Math.max(runningMax, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
        }),
      ),
    );
    expect(started).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(runningMax).toBe(2);
  });

  it("goes on after a work that rejects, and passes the rejection on", async () => {
    const turns = new Turns(1);
    const failing = turns.run(() => Promise.reject(new LiveDistError("Entity", "no")));
    const next = turns.run(() => Promise.resolve("next"));
    await expectCode(failing, "Entity");
    expect(await next).toBe("next");
  });

  it("knows who is inside, across awaits, and only while the work runs", async () => {
    const turns = new Turns(1);
    const [mayLook, looked] = [gate(), gate()];
    let later: boolean | undefined;
    await turns.run(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(turns.isInside).toBe(true);
      turns.outside(() => expect(turns.isInside).toBe(false));
      void mayLook.passed.then(() => {
        later = turns.isInside;
        looked.open();
      });
    });
    mayLook.open();
    await looked.passed;
    expect(later).toBe(false);
    expect(turns.isInside).toBe(false);
  });

  it("knows who is inside of each of several, one within the other", async () => {
    const [outer, inner] = [new Turns(1), new Turns(1)];
    const inside = (): boolean[] => [outer.isInside, inner.isInside];
    await outer.run(async () => {
      expect(inside()).toEqual([true, false]);
      expect(await inner.run(() => Promise.resolve(inside()))).toEqual([true, true]);
      inner.outside(() => expect(inside()).toEqual([true, false]));
      outer.outside(() => expect(inside()).toEqual([false, false]));
      expect(inside()).toEqual([true, false]);
    });
    expect(inside()).toEqual([false, false]);
  });

  it("refuses those who wait when it is closed, and who come later; who runs goes on", async () => {
    const turns = new Turns(1);
    const mayEnd = gate();
    const running = turns.run(async () => {
      await mayEnd.passed;
      return "ran";
    });
    const waiting = [1, 2].map(() =>
      expectCode(
        turns.run(() => Promise.resolve()),
        "Closed",
      ),
    );
    turns.close(new LiveDistError("Closed", "closed"));
    await Promise.all(waiting);
    await expectCode(
      turns.run(() => Promise.resolve()),
      "Closed",
    );
    mayEnd.open();
    expect(await running).toBe("ran");
  });

  it("limits how many wait", async () => {
    const turns = new Turns(1);
    const mayEnd = gate();
    const running = [turns.run(() => mayEnd.passed)];
    for (let count = 0; count < STORE_WAITING_MAX; count++) running.push(turns.run(() => Promise.resolve()));
    await expectCode(
      turns.run(() => Promise.resolve()),
      "Limit",
      /STORE_WAITING_MAX/,
    );
    mayEnd.open();
    await Promise.all(running);
    await turns.run(() => Promise.resolve());
  });
});
