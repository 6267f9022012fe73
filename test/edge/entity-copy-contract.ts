import { describe, expect, it } from "vitest";
import type { CopyChanges, CopyState, EntityCopy } from "../../src/edge/entity-copy.js";
import { id } from "./answers.js";
import { Thing, thing } from "./things.js";

const state = (sequence: number): CopyState => ({ position: { epoch: "e1", sequence, stamp: "s1" }, topicsSlice: "A" });
const changes = (some: Partial<CopyChanges>): CopyChanges => ({ puts: [], removes: [], state: undefined, ...some });

async function idsOf(copy: EntityCopy): Promise<string[]> {
  const ids: string[] = [];
  for await (const techId of copy.techIds()) ids.push(techId);
  return ids.sort();
}

/** What every EntityCopy does; `open` gives an empty one. */
export function entityCopyContract(name: string, open: () => EntityCopy): void {
  describe(`${name}, an EntityCopy`, () => {
    it("is empty and without a state at first", async () => {
      const copy = open();
      expect([await copy.state(), await idsOf(copy), await copy.get(id(1))]).toEqual([undefined, [], undefined]);
    });

    it("gives an entity as it was put, values of every type included", async () => {
      const copy = open();
      const whole = thing(
        1,
        {
          text: "Ada \u0000 \u{1f600}",
          small: -1,
          large: 2n ** 62n,
          real: -0,
          exact: "1.50",
          flag: false,
          time: new Date(-1),
          other: id(9),
          raw: Uint8Array.of(0, 255),
          any: { list: [1, null, "x"] },
          houses: [
            { techId: id(11), number: 1, street: { techId: id(12), name: null } },
            { techId: id(10), number: null, street: null },
          ],
        },
        ["A", "50%_["],
      );
      await copy.apply(changes({ puts: [whole, thing(2, {}, [])] }));
      const got = (await copy.get(id(1)))!;
      expect({ ...got, fields: { ...got.fields, raw: [...(got.fields["raw"] as Uint8Array)] } }).toEqual({
        ...whole,
        fields: { ...whole.fields, raw: [0, 255] },
      });
      expect(got.deltaClass).toBe(Thing);
      expect(await copy.get(id(2))).toEqual(thing(2, {}, []));
    });

    it("replaces what is put again, and removes what is held and what is not", async () => {
      const copy = open();
      await copy.apply(changes({ puts: [thing(1), thing(2), thing(3)] }));
      await copy.apply(changes({ puts: [thing(2, { small: 5 })], removes: [id(1), id(7)] }));
      expect(await idsOf(copy)).toEqual([id(2), id(3)]);
      expect((await copy.get(id(2)))!.fields["small"]).toBe(5);
      expect(await copy.get(id(1))).toBeUndefined();
    });

    it("gives the state that came last, also none", async () => {
      const copy = open();
      const states = [state(1), { ...state(2), oldTopicsSlice: "B" }, undefined, state(3)];
      for (const one of states) {
        await copy.apply(changes({ state: one }));
        expect(await copy.state()).toEqual(one);
      }
    });

    it("holds many", async () => {
      const copy = open();
      const many = Array.from({ length: 2_500 }, (_, n) => thing(n));
      await copy.apply(changes({ puts: many }));
      expect(await idsOf(copy)).toEqual(many.map(({ techId }) => techId).sort());
    });
  });
}
