import { expect, it } from "vitest";
import { decodeDeltaBuffer, encodeDeltaBuffer } from "../../../src/delta/delta-buffer.js";
import type { DeltaObject } from "../../../src/delta/delta-object.js";
import { receivedRow } from "../../../src/site/proxy/received-row.js";
import { delta, schema } from "../../support/one-site.js";

function received(...deltas: DeltaObject[]): DeltaObject[] {
  const given = encodeDeltaBuffer(schema, deltas);
  const before = given.slice();
  const row = receivedRow(given);
  expect(given).toEqual(before);
  return decodeDeltaBuffer(schema, row);
}

it("R68: what enters is a CREATE, a PARTIAL an UPDATE, and what leaves is gone", () => {
  const fields = { name: "Lima", size: 3 };
  const rows = received(
    delta("CREATE", 1, { topics: ["A"], fields }),
    delta("FULL", 2, { topics: ["A"], fields }),
    delta("PARTIAL", 3, { topics: ["A"], fields: { size: 4 } }),
    delta("UPDATE", 4, { topics: ["A"], fields: { size: 5 } }),
    { ...delta("UPDATE", 5, { topics: ["B"] }), leaves: true },
    { ...delta("DELETE", 6), leaves: true },
  );
  expect(rows.map(({ oper }) => oper)).toEqual(["CREATE", "CREATE", "UPDATE", "UPDATE", "DELETE", "DELETE"]);
  expect(rows.every(({ leaves }) => !leaves)).toBe(true);
  expect(rows.slice(0, 4).map(({ fields }) => fields)).toEqual([fields, fields, { size: 4 }, { size: 5 }]);
  expect(rows[4]!.topics).toEqual(["B"]);
});

it("R68: what was said to the proxy alone is not said on", () => {
  const [row] = received({
    ...delta("FULL", 1, { topics: ["A"], fields: { name: "Lima", size: 1 } }),
    forThisClientAlone: true,
  });
  expect(row).toMatchObject({ oper: "CREATE", forThisClientAlone: false });
});
