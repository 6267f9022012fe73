import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { DeltaObject } from "../../src/delta/delta-object.js";
import { type Oper, operNumbers } from "../../src/delta/oper.js";
import { delta, inShort, OneSite } from "../support/one-site.js";
import { RegisteredClient } from "../support/registered-client.js";

const opers = Object.keys(operNumbers) as Oper[];

/** Under this slice there is a topics-list for each case of the masks that can be. */
const SLICE = "A*!V+C";

interface Facts {
  readonly sel: boolean;
  readonly selApp: boolean;
  readonly vetoApp: boolean;
  readonly vetoLoop: boolean;
}

const none = { sel: false, selApp: false, vetoApp: false, vetoLoop: false };
const lists: readonly { readonly topics: readonly string[]; readonly facts: Facts }[] = [
  { topics: ["X"], facts: none },
  { topics: ["A"], facts: { ...none, sel: true, selApp: true } },
  { topics: ["C", "V"], facts: { ...none, sel: true, selApp: true } },
  { topics: ["#A"], facts: { ...none, sel: true } },
  { topics: ["A", "#V"], facts: { ...none, selApp: true, vetoLoop: true } },
  { topics: ["V"], facts: { ...none, vetoApp: true } },
  { topics: ["#C", "V"], facts: { ...none, sel: true, vetoApp: true } },
  { topics: ["#V"], facts: { ...none, vetoLoop: true } },
  { topics: ["#V", "V"], facts: { ...none, vetoApp: true, vetoLoop: true } },
];

type State = "not registered" | "unsynchronized" | "synchronized";
const states: readonly State[] = ["not registered", "unsynchronized", "synchronized"];

interface Asked extends Facts {
  readonly state: State;
}

const isRegistered = ({ state }: Asked): boolean => state !== "not registered";
const isVetoed = ({ vetoApp, vetoLoop }: Asked): boolean => vetoApp || vetoLoop;

/** What the words of the table's cells mean. */
const readings: Readonly<Record<string, (of: Asked) => boolean>> = {
  "": () => false,
  "(sel or registered), not vetoed": (of) => (of.sel || isRegistered(of)) && !isVetoed(of),
  "synchronized, not vetoed": (of) => of.state === "synchronized" && !isVetoed(of),
  "(registered and unsynchronized, or sel and not registered), not vetoed": (of) =>
    (of.state === "unsynchronized" || (of.sel && !isRegistered(of))) && !isVetoed(of),
  "(registered and unsynchronized, or selApp and not registered), no app topic vetoes": (of) =>
    (of.state === "unsynchronized" || (of.selApp && !isRegistered(of))) && !of.vetoApp,
  registered: isRegistered,
};
const readingsAfterwards: Readonly<Record<string, (of: Asked, isGiven: boolean) => State>> = {
  "": (of) => of.state,
  "given: registered and synchronized": (of, isGiven) => (isGiven ? "synchronized" : of.state),
  "sel: registered, unsynchronized where it is new": (of) =>
    of.sel && !isRegistered(of) ? "unsynchronized" : of.state,
  neither: () => "not registered",
};

/** The table of rule R12: the cells by oper. */
const table = new Map(
  [...readFileSync("docs/protocol.md", "utf8").matchAll(/^ {2}\| ([A-Z]+) \|(.*)\|(.*)\|(.*)\|$/gm)].map(
    ([, oper, ...cells]) => [oper as Oper, cells.map((cell) => cell.trim())],
  ),
);

interface Case extends Asked {
  readonly oper: Oper;
  readonly topics: readonly string[];
  readonly takesSynchronized: boolean;
}

/** Every case of an oper, in an order that numbers their entities. */
const cases: readonly Case[] = opers.flatMap((oper) =>
  states.flatMap((state) =>
    lists.flatMap(({ topics, facts }) =>
      (oper === "REGISTER" ? [false, true] : [false]).map((takesSynchronized) => {
        return { oper, state, topics, takesSynchronized, ...facts };
      }),
    ),
  ),
);

/** What rules R12, R15 and R17 say of a case. */
function ruled(of: Case): { readonly given: string[]; readonly afterwards: State } {
  const [asItIs, full, afterwards] = table.get(of.oper)!;
  const isGivenAsItIs = readings[asItIs!]!(of);
  const isGivenFull = readings[full!]!(of);
  let after = readingsAfterwards[afterwards!]!(of, isGivenAsItIs || isGivenFull);
  const missesChange = of.vetoApp && ["CREATE", "PARTIAL", "UPDATE"].includes(of.oper);
  if ((missesChange || (of.takesSynchronized && of.sel)) && after === "synchronized") after = "unsynchronized";
  return { given: [...(isGivenAsItIs ? [of.oper] : []), ...(isGivenFull ? ["FULL"] : [])], afterwards: after };
}

const fields = { name: "n", size: 1 };
const create = (number: number, ...topics: string[]): DeltaObject => delta("CREATE", number, { topics, fields });
const update = (number: number, ...topics: string[]): DeltaObject =>
  delta("UPDATE", number, { topics, fields: { size: 2 } });

/** Gives the delta-objects that bring an entity, not there before, to where a case begins. */
function leadTo(state: State, number: number): DeltaObject[] {
  if (state === "not registered") return [create(number, "X")];
  const loses = delta("PARTIAL", number, { topics: ["V"], fields: { size: 1 } });
  return [create(number, "A"), ...(state === "unsynchronized" ? [loses] : [])];
}

/** Gives delta-objects that no slice selects and nothing vetoes: which of them a client is given tells how it stands. */
function probe({ oper }: Case, number: number): DeltaObject {
  return oper === "DELETE" ? create(number, "X") : update(number, "X");
}

const stands: Readonly<Record<string, State>> = {
  "": "not registered",
  FULL: "unsynchronized",
  UPDATE: "synchronized",
  CREATE: "synchronized",
};

describe("the table of rule R12, over every oper, state and topics-list, through a running server", () => {
  const given = new Map<number, { cased: string[]; probed: string }>();

  beforeAll(async () => {
    const site = await OneSite.start();
    const client = await new RegisteredClient(site).begin();
    await client.fullLoad(SLICE);
    await site.append(cases.flatMap(({ state }, number) => leadTo(state, number)));
    const casesAt = await site.append(
      cases.map(({ oper, topics, takesSynchronized }, number) => {
        const isWhole = oper === "CREATE" || oper === "FULL";
        const some = oper === "PARTIAL" || oper === "UPDATE" ? { size: 3 } : {};
        return delta(oper, number, { topics, takesSynchronized, fields: isWhole ? fields : some });
      }),
    );
    await site.append(cases.map((one, number) => probe(one, number)));
    const { deltas } = await client.fetch();
    cases.forEach((_, number) => {
      const of = deltas.filter(({ id }) => id === number);
      const at = (sequence: number): string[] => of.filter((one) => one.sequence === sequence).map(({ oper }) => oper);
      given.set(number, { cased: at(casesAt), probed: at(casesAt + 1).join() });
    });
    await site.close();
  });

  it.each(opers)("R12, R15, R16, R17: %s", (oper) => {
    for (const [number, one] of cases.entries()) {
      if (one.oper !== oper) continue;
      const { cased, probed } = given.get(number)!;
      const expected = ruled(one);
      expect({ ...one, given: cased, afterwards: stands[probed] }).toEqual({ ...one, ...expected });
    }
  });
});

async function begin(topicsSlice: string, ...deltas: DeltaObject[]): Promise<[OneSite, RegisteredClient]> {
  const site = await OneSite.start();
  await site.append(deltas);
  const client = await new RegisteredClient(site).begin();
  await client.fullLoad(topicsSlice);
  return [site, client];
}

describe("a registered client", () => {
  it("R13: is given what it loaded also when its slice selects it no longer", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "B"));
    await site.append([update(1, "B"), update(2, "B")]);
    await site.append([update(1, "B")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "UPDATE 1"]);
  });

  it("R12: is given an entity in full, as it was then, when its slice begins to select it", async () => {
    const [site, client] = await begin("A", create(1, "B"));
    await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { size: 5 } })]);
    await site.append([delta("UPDATE", 1, { topics: ["A"], fields: { size: 6 } })]);
    const { deltas } = await client.fetch();
    expect(deltas.map(inShort)).toEqual(["FULL 1", "UPDATE 1"]);
    expect(deltas.map((one) => one.fields)).toEqual([{ name: "n", size: 5 }, { size: 6 }]);
  });

  it("R15: misses what is vetoed and is given the whole entity after it", async () => {
    const [site, client] = await begin("A*!V", create(1, "A"));
    await site.append([update(1, "A", "V")]);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["FULL 1"]);
  });

  it("R14: is vetoed only where its slice does not select the list", async () => {
    const [site, client] = await begin("A*!V+C", create(1, "A"));
    await site.append([update(1, "C", "V")]);
    await site.append([update(1, "B", "V")]);
    await site.append([update(1, "B")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "FULL 1"]);
  });

  it("R16: is not given back what came from it, and stays synchronized", async () => {
    const [site, client] = await begin("A*!paris", create(1, "A"));
    await site.append([update(1, "#paris", "A")]);
    await site.append([update(1, "A")]);
    expect((await client.fetch()).deltas.map((one) => `${inShort(one)} ${one.topics.join()}`)).toEqual(["UPDATE 1 A"]);
  });

  it("R17: is given FULL after a REGISTER that takes the synchronized bit", async () => {
    const [site, client] = await begin("A", create(1, "A"));
    await site.append([delta("REGISTER", 1, { topics: ["A"] }), update(1, "A")]);
    await site.append([delta("REGISTER", 1, { topics: ["A"], takesSynchronized: true }), update(1, "A")]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["UPDATE 1", "FULL 1"]);
  });

  it("R18: is given nothing in full of what the cache does not hold, and is not registered on it", async () => {
    const [site, client] = await begin("A");
    await site.append([update(1, "A")]);
    expect(site.service.status("delta")["registeredEntities"]).toBe(0);
    await site.append([delta("REGISTER", 2, { topics: ["A"] }), update(2, "A")]);
    await site.append([delta("DELETE", 1, { topics: [] }), delta("DELETE", 2, { topics: [] })]);
    expect((await client.fetch()).deltas.map(inShort)).toEqual(["DELETE 2"]);
  });

  it("R2, R8: is given the same again from the same position, whatever happened meanwhile", async () => {
    const [site, client] = await begin("A", create(1, "A"), create(2, "B"));
    await site.append([update(1, "A"), update(2, "A")]);
    const { position } = client;
    const first = await client.fetch();
    await site.append([delta("DELETE", 1, { topics: ["A"] }), delta("DELETE", 2, { topics: ["A"] })]);
    client.position = position;
    const again = await client.fetch();
    expect(first.deltas.map(inShort)).toEqual(["UPDATE 1", "FULL 2"]);
    expect(again.deltas.slice(0, 2)).toEqual(first.deltas);
    expect(again.deltas.slice(2).map(inShort)).toEqual(["DELETE 1", "DELETE 2"]);
  });

  it("R8, R12: is given the same with many others as alone, of transactions of many deltas", async () => {
    const slices = ["A", "B", "A*B", "A+B", "C*!A", "A", "B*!C"];
    const bits = [0, 1, 30, 31, 32, 62, 63];
    const topics = [["A"], ["B"], ["A", "B"], ["C"], ["A", "C"], ["B", "C"], []];
    const given = async (clients: readonly number[]): Promise<string[][]> => {
      const site = await OneSite.start();
      const registered: RegisteredClient[] = [];
      await site.append(topics.map((list, number) => create(number, ...list)));
      for (const client of clients) {
        await site.store.clients.add({ clientId: `many${client}`, bitNumber: bits[client]! + (client < 2 ? 2 : 0) });
        const one = await new RegisteredClient(site, `many${client}`).begin();
        await one.fullLoad(slices[client]!);
        registered.push(one);
      }
      for (let round = 0; round < 8; round++) {
        await site.append(topics.map((_, number) => update(number, ...topics[(number * 3 + round) % 7]!)));
        await site.append([delta("DELETE", round % 7, { topics: [] }), create(round % 7, ...topics[round % 7]!)]);
      }
      const all: string[][] = [];
      for (const one of registered) all.push((await one.fetch()).deltas.map(inShort));
      return all;
    };
    const together = await given(slices.map((_, client) => client));
    for (const client of slices.keys())
      expect([client, ...(await given([client]))[0]!]).toEqual([client, ...together[client]!]);
    expect(together.every((deltas) => deltas.length > 10)).toBe(true);
  });
});
