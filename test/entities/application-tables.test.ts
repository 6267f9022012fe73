import { describe, expect, it } from "vitest";
import { deltaClass, type DeltaClass } from "../../src/delta/delta-class.js";
import {
  boolean,
  bytes,
  dateTime,
  decimal,
  float64,
  guid,
  int32,
  int64,
  json,
  part,
  parts,
  string,
} from "../../src/delta/field-types.js";
import { makeSchema } from "../../src/delta/schema.js";
import { Entities, type EntitiesOptions } from "../../src/entities/entities.js";
import type { ExistingTable } from "../../src/entities/sql/existing-table.js";
import type { Store } from "../../src/store/store.js";
import { parseTopicsSlice } from "../../src/topics/topics-slice.js";
import { expectCode, setUp, type Setup } from "../store/contract-setup.js";
import { openPostgresql } from "../store/postgresql-databases.js";
import { openMemory } from "../store/sqlite-files.js";
import { all, everyDelta, id, logged, loggedRows, TestClock } from "./entities-setup.js";

const Item = deltaClass("Item", { label: string(), amount: int32() });
const Order = deltaClass("Order", { note: string(), items: parts(Item), gift: part(Item) });
const Customer = deltaClass("Customer", { name: string(), city: string(), size: int32(), orders: parts(Order) });
const schema = makeSchema("v1", [Item, Order, Customer]);

const customers: ExistingTable = {
  table: "customer",
  key: "id",
  columns: { name: "full_name" },
  updateTime: "written",
  parts: {
    orders: {
      table: "orders",
      key: "order_id",
      owner: "customer_id",
      parts: { items: { table: "order_item", key: "id", owner: "order_id", columns: { amount: "how many" } } },
    },
  },
};

function onBoth(suite: (setup: Setup) => void): void {
  describe("in SQLite", () => suite(setUp(openMemory)));
  describe("in PostgreSQL", () => suite(setUp(() => openPostgresql())));
}

async function runAll(store: Store, ...statements: string[]): Promise<void> {
  await store.transaction(async (transaction) => {
    for (const sql of statements)
      await transaction.run(sql.replaceAll("GUID", store.dialect === "sqlite" ? "CHAR(36)" : "UUID"));
  });
}

function createTables(store: Store): Promise<void> {
  return runAll(
    store,
    "CREATE TABLE customer (id GUID PRIMARY KEY, full_name VARCHAR(30) NOT NULL, city VARCHAR(30), size INTEGER, written BIGINT, mine INTEGER DEFAULT 7)",
    "CREATE TABLE orders (order_id GUID PRIMARY KEY, customer_id GUID NOT NULL REFERENCES customer (id), note TEXT)",
    'CREATE TABLE order_item (id GUID PRIMARY KEY, order_id GUID NOT NULL REFERENCES orders (order_id), label TEXT, "how many" INTEGER)',
  );
}

function make(store: Store, options: Partial<EntitiesOptions> = {}): Entities {
  const topicsOf: EntitiesOptions["topicsOf"] = ({ fields }) => [
    typeof fields["city"] === "string" ? fields["city"] : "all",
  ];
  return new Entities(store, schema, { topicsOf, clock: new TestClock(), tables: { Customer: customers }, ...options });
}

const nothing = (): Promise<void> => Promise.resolve();

async function rows(store: Store, table: string): Promise<object[]> {
  return store.snapshot((snapshot) => snapshot.all(`SELECT * FROM ${table}`));
}

const order = {
  techId: id(10),
  note: "first",
  items: [{ techId: id(20), label: "pen", amount: 3 }],
  gift: { techId: id(30), label: "ink", amount: null },
};

onBoth((setup) => {
  it("fields stand in the application's tables, which may refer to each other, and LiveDist's columns beside them", async () => {
    const { store } = setup;
    await createTables(store);
    const entities = make(store);
    await entities.transaction((unit) =>
      unit.create(Customer, { name: "Ada", city: "Rome", orders: [order] }, { techId: id(1) }),
    );
    expect(await rows(store, "customer")).toEqual([
      { id: id(1), full_name: "Ada", city: "Rome", size: null, written: null, mine: 7 },
    ]);
    expect(await rows(store, "orders")).toEqual([{ order_id: id(10), customer_id: id(1), note: "first" }]);
    expect(await rows(store, "order_item")).toEqual([{ id: id(20), order_id: id(10), label: "pen", "how many": 3 }]);
    // The part whose table is not given stands in one of LiveDist's.
    expect(await rows(store, '"Customer_orders_gift"')).toMatchObject([{ label: "ink" }]);
    const updated = await entities.transaction((unit) =>
      unit.update(Customer, id(1), {
        name: "Ada L.",
        orders: [
          {
            oper: "UPDATE",
            techId: id(10),
            fields: { note: "changed", items: [{ oper: "UPDATE", techId: id(20), fields: { amount: 4 } }] },
          },
        ],
      }),
    );
    expect(await entities.get(Customer, id(1))).toEqual(updated);
    expect(await rows(store, "order_item")).toMatchObject([{ "how many": 4 }]);
    expect(await rows(store, "orders")).toMatchObject([{ note: "changed" }]);
    expect(await all(entities.list(Customer, { where: parseTopicsSlice("Rome") }))).toEqual([updated]);
    expect(await all(entities.list(Customer, { where: parseTopicsSlice("Oslo") }))).toEqual([]);
    await entities.transaction((unit) => unit.remove(Customer, id(1)));
    for (const table of [
      "customer",
      "orders",
      "order_item",
      '"LiveDistEntity_Customer"',
      '"LiveDistEntity_Customer_orders"',
    ])
      expect(await rows(store, table)).toEqual([]);
  });

  it("rows that were there before are taken over with their parts, once, and go into the log", async () => {
    const { store } = setup;
    await createTables(store);
    await runAll(
      store,
      `INSERT INTO customer (id, full_name, city, written) VALUES ('${id(1)}', 'Ada', 'Rome', 500), ('${id(2)}', 'Bo', NULL, NULL)`,
      `INSERT INTO orders VALUES ('${id(10)}', '${id(1)}', 'a'), ('${id(11)}', '${id(1)}', 'b'), ('${id(12)}', '${id(2)}', 'c')`,
      `INSERT INTO order_item VALUES ('${id(20)}', '${id(11)}', 'pen', 1)`,
    );
    const entities = make(store, { siteId: "here" });
    // Nobody sees them before.
    expect(await all(entities.list(Customer))).toEqual([]);
    await entities.transaction(nothing);
    const item = { techId: id(20), label: "pen", amount: 1 };
    const whole = (techId: string, note: string, items: object[] = []) => ({ techId, note, items, gift: null });
    const [ada, bo] = (await all(entities.list(Customer))).sort((a, b) => (a.techId < b.techId ? -1 : 1));
    expect(ada).toMatchObject({
      updateTime: new Date(500),
      topics: ["Rome"],
      fields: { name: "Ada", size: null, orders: [whole(id(10), "a"), whole(id(11), "b", [item])] },
    });
    expect(bo).toMatchObject({
      updateTime: new Date(1_000_000),
      topics: ["all"],
      fields: { name: "Bo", orders: [whole(id(12), "c")] },
    });
    const deltas = await logged(store, schema);
    expect(deltas.map(({ oper, techId, topics }) => ({ oper, techId, topics }))).toEqual([
      { oper: "CREATE", techId: id(1), topics: ["#father-site", "Rome"] },
      { oper: "CREATE", techId: id(2), topics: ["#father-site", "all"] },
    ]);
    expect(deltas[0]!.version).toEqual({ timeMs: 1_000_000, counter: 0, site: "here" });
    expect((await everyDelta(entities, store)).map(({ techId, version }) => ({ techId, version }))).toEqual(
      expect.arrayContaining(deltas.map(({ techId, version }) => ({ techId, version }))),
    );
    await make(store).transaction(nothing);
    expect(await loggedRows(store, schema)).toHaveLength(1);
    const updated = await entities.transaction((unit) =>
      unit.update(Customer, id(1), { orders: [{ oper: "DELETE", techId: id(11) }] }),
    );
    expect(await entities.get(Customer, id(1))).toEqual(updated);
    expect(await rows(store, "order_item")).toEqual([]);
  });

  it("many rows are taken over in several rows of the log", async () => {
    const { store } = setup;
    await createTables(store);
    const values = Array.from({ length: 250 }, (_, at) => `('${id(at + 1)}', 'name ${at}')`);
    await runAll(store, `INSERT INTO customer (id, full_name) VALUES ${values.join(", ")}`);
    await make(store).transaction(nothing);
    expect((await loggedRows(store, schema)).map((deltas) => deltas.length)).toEqual([100, 100, 50]);
  });

  it("what fails leaves nothing, also where the application goes on", async () => {
    const { store } = setup;
    await createTables(store);
    await runAll(
      store,
      `INSERT INTO customer (id, full_name) VALUES ('${id(1)}', 'Ada')`,
      `INSERT INTO orders VALUES ('${id(10)}', '${id(1)}', 'a')`,
    );
    const failing = make(store, { topicsOf: () => ["no topic!"] });
    await store.transaction(async (transaction) => {
      await expectCode(failing.transaction(nothing, { transaction }), "TopicsList");
    });
    await make(store).transaction(nothing);
    expect(await logged(store, schema)).toHaveLength(1);
  });

  it("rows that cannot be entities are refused with their names", async () => {
    const { store } = setup;
    const Single = deltaClass("Single", { one: part(Item), data: json() });
    const single = makeSchema("v1", [Item, Single]);
    await runAll(
      store,
      "CREATE TABLE single (id GUID PRIMARY KEY, data TEXT)",
      "CREATE TABLE one (id GUID PRIMARY KEY, owner GUID, label TEXT, amount INTEGER)",
    );
    const tables = {
      Single: { table: "single", key: "id", parts: { one: { table: "one", key: "id", owner: "owner" } } },
    };
    const entities = new Entities(store, single, { topicsOf: () => ["A"], tables });
    await runAll(
      store,
      `INSERT INTO single VALUES ('${id(1)}', '{}')`,
      `INSERT INTO one VALUES ('${id(2)}', '${id(1)}', 'a', 1), ('${id(3)}', '${id(1)}', 'b', 2)`,
    );
    await expectCode(entities.transaction(nothing), "Config", RegExp(`table one.*${id(1)}.*several.*one`));
    await runAll(store, "DELETE FROM one", "UPDATE single SET data = 'no json'");
    await expectCode(entities.transaction(nothing), "Config", /table single.*JSON/);
    await runAll(store, "UPDATE single SET data = '1'");
    if (store.dialect === "sqlite") {
      await runAll(store, `INSERT INTO one VALUES ('${id(2)}', '${id(1)}', 'a', 4000000000)`);
      await expectCode(entities.transaction(nothing), "Config", RegExp(`table single.*${id(1)}.*amount`));
      await runAll(store, "DELETE FROM one", `UPDATE single SET id = 'ABCDEF00-0000-4000-8000-000000000001'`);
      await expectCode(entities.transaction(nothing), "Config", /table single.*lower case/);
      await runAll(store, `UPDATE single SET id = '${id(1)}'`);
    }
    await entities.transaction(nothing);
    expect(await all(entities.list(Single))).toMatchObject([{ techId: id(1), fields: { data: 1, one: null } }]);
  });

  it("what other sites wrote is merged into them", async () => {
    const { store } = setup;
    await createTables(store);
    const entities = make(store, { siteId: "here" });
    const receive = (
      oper: "CREATE" | "UPDATE",
      fields: NonNullable<Parameters<typeof Customer.delta>[0]["fields"]>,
      timeMs: number,
    ) =>
      entities.receive({ role: "son", siteId: "x" }, (receiver) =>
        receiver.receive(
          Customer.delta({
            oper,
            techId: id(1),
            updateTime: new Date(timeMs),
            topics: ["Rome"],
            oldTopics: oper === "CREATE" ? null : ["Rome"],
            fields,
            version: { timeMs, counter: 0, site: "x" },
          }),
        ),
      );
    expect(
      await receive("CREATE", { name: "Ada", city: "Rome", orders: [{ techId: id(10), note: "a", items: [] }] }, 500),
    ).toBe("created");
    await entities.transaction((unit) => unit.update(Customer, id(1), { name: "here" }));
    expect(await receive("UPDATE", { name: "older", size: 3 }, 600)).toBe("merged");
    expect(await rows(store, "customer")).toMatchObject([{ full_name: "here", size: 3 }]);
    expect((await entities.get(Customer, id(1)))!.fields).toMatchObject({
      name: "here",
      size: 3,
      orders: [{ note: "a" }],
    });
    await store.transaction((transaction) => entities.drop(transaction, [id(1)]));
    expect(await rows(store, "customer")).toEqual([]);
  });

  it("tables that cannot hold the fields are refused", async () => {
    const { store } = setup;
    const refuse = async (pattern: RegExp, ...statements: string[]): Promise<void> => {
      await runAll(store, ...statements);
      await expectCode(make(store).transaction(nothing), "Config", pattern);
      await expectCode(all(make(store).list(Customer)), "Config", pattern);
    };
    await refuse(/no table customer/);
    await createTables(store);
    await refuse(
      /order_item.*no column how many.*amount of Item/,
      'ALTER TABLE order_item RENAME COLUMN "how many" TO other',
    );
    await refuse(
      /column how many of table order_item.*TEXT.*amount of Item/,
      'ALTER TABLE order_item ADD COLUMN "how many" TEXT',
    );
    await refuse(/no table orders/, "DROP TABLE order_item", "DROP TABLE orders");
    await refuse(
      /column id of table customer.*INTEGER.*tech-id/,
      "DROP TABLE customer",
      "CREATE TABLE customer (id INTEGER)",
    );
    expect((await rows(store, "customer")).length).toBe(0);
  });

  it("types of columns hold what they are to hold", async () => {
    const { store } = setup;
    const fields = {
      string: string(),
      int32: int32(),
      int64: int64(),
      float64: float64(),
      decimal: decimal(),
      boolean: boolean(),
      dateTime: dateTime(),
      guid: guid(),
      bytes: bytes(),
      json: json(),
    };
    const values = {
      string: "a",
      int32: 1,
      int64: 2n ** 60n,
      float64: 1.5,
      decimal: "1.50",
      boolean: true,
      dateTime: new Date(5),
      guid: id(7),
      bytes: Uint8Array.of(1),
      json: { a: 1 },
    };
    const types: Record<keyof typeof fields, [good: string[], bad: string[]]> =
      store.dialect === "sqlite"
        ? {
            string: [
              ["VARCHAR(20)", "NCHAR(5)", "CLOB"],
              ["INTEGER", "DATETIME", "CHARINT", "BLOB"],
            ],
            int32: [
              ["INT", "SMALLINT"],
              ["TEXT", "REAL", "NUMERIC"],
            ],
            int64: [["BIGINT"], ["DECIMAL(10,2)"]],
            float64: [
              ["REAL", "DOUBLE", "FLOAT"],
              ["TEXT", "INTEGER", "FLOATING POINT"],
            ],
            decimal: [["TEXT"], ["DECIMAL(10,2)", "NUMERIC", "REAL"]],
            boolean: [["BOOLEAN", "TINYINT"], ["TEXT"]],
            dateTime: [["INTEGER"], ["DATETIME", "TEXT"]],
            guid: [
              ["UNIQUEIDENTIFIER", "UUID", "CHAR(36)"],
              ["INTEGER", "BLOB"],
            ],
            bytes: [["BLOB"], ["TEXT"]],
            json: [["TEXT"], ["JSON", "BLOB"]],
          }
        : {
            string: [
              ["VARCHAR(20)", "VARCHAR", "TEXT"],
              ["CHAR(5)", "INTEGER"],
            ],
            int32: [["INTEGER"], ["SMALLINT", "BIGINT", "TEXT"]],
            int64: [["BIGINT"], ["INTEGER", "NUMERIC"]],
            float64: [["DOUBLE PRECISION"], ["REAL", "NUMERIC"]],
            decimal: [
              ["TEXT", "VARCHAR(50)"],
              ["NUMERIC(10,2)", "NUMERIC"],
            ],
            boolean: [["BOOLEAN"], ["INTEGER"]],
            dateTime: [["BIGINT"], ["TIMESTAMPTZ", "DATE"]],
            guid: [["UUID"], ["TEXT"]],
            bytes: [["BYTEA"], ["TEXT"]],
            json: [["TEXT"], ["JSON", "JSONB"]],
          };
    for (const [kind, [good, bad]] of Object.entries(types)) {
      const One: DeltaClass = deltaClass("One", { f: fields[kind as keyof typeof fields] });
      for (const type of [...good, ...bad]) {
        const entities = new Entities(store, makeSchema("v1", [One]), {
          topicsOf: () => ["A"],
          tables: { One: { table: "one", key: "id" } },
        });
        await runAll(store, `CREATE TABLE one (id GUID PRIMARY KEY, f ${type})`);
        if (good.includes(type)) {
          await store
            .transaction(async (transaction) => {
              const f = values[kind as keyof typeof values];
              const entity = await entities.transaction((unit) => unit.create(One, { f }), { transaction });
              const again = await entities.transaction((unit) => unit.get(One, entity.techId), { transaction });
              expect([type, again!.fields["f"]]).toEqual([type, f]);
              // Nothing of it stays: the log takes one schema of this name.
              await transaction.run("not SQL");
            })
            .catch((error: unknown) =>
              expect(error).toMatchObject({ code: "Store", message: expect.stringMatching(/syntax/) as string }),
            );
        } else await expectCode(entities.transaction(nothing), "Config", RegExp(`column f .*${kind}`));
        await runAll(store, "DROP TABLE one");
      }
    }
  });

  it("what is given for classes and fields that there are not is refused", () => {
    const refuse = (pattern: RegExp, tables: NonNullable<EntitiesOptions["tables"]>): void =>
      expect(() => make(setup.store, { tables })).toThrow(
        expect.objectContaining({ code: "Config", message: expect.stringMatching(pattern) as string }) as Error,
      );
    const table = { table: "t", key: "id" };
    refuse(/Other/, { Other: table });
    refuse(/Item/, { Item: table });
    refuse(/no field with a value called orders/, { Customer: { ...table, columns: { orders: "x" } } });
    refuse(/no field of parts called name/, { Customer: { ...table, parts: { name: { ...table, owner: "o" } } } });
    refuse(/column x.*name.*city/, { Customer: { ...table, columns: { name: "x", city: "x" } } });
    refuse(/table t .*two/, { Customer: { ...table, parts: { orders: { ...table, owner: "o" } } } });
  });
});

it("tables in another schema are found by its name", async () => {
  const opened = await openPostgresql();
  const other = `other_${process.pid}`;
  try {
    const { store } = opened;
    await runAll(
      store,
      `CREATE SCHEMA ${other}`,
      `CREATE TABLE ${other}."Cust""omer" (id UUID PRIMARY KEY, name TEXT, city TEXT, size INTEGER)`,
    );
    const entities = make(store, { tables: { Customer: { table: `${other}.Cust"omer`, key: "id" } } });
    const created = await entities.transaction((unit) => unit.create(Customer, { name: "Ada", orders: [order] }));
    expect(await entities.get(Customer, created.techId)).toEqual(created);
    expect(await rows(store, `${other}."Cust""omer"`)).toHaveLength(1);
  } finally {
    await runAll(opened.store, `DROP SCHEMA IF EXISTS ${other} CASCADE`);
    await opened.cleanup();
  }
});

it("several programs lose no update of one another", async () => {
  const opened = await openPostgresql();
  try {
    const { store } = opened;
    await createTables(store);
    await runAll(store, `INSERT INTO customer (id, full_name, size) VALUES ('${id(1)}', 'Ada', 0)`);
    const programs = [store, await opened.reopen!(), await opened.reopen!()].map((one) => make(one));
    await Promise.all(
      programs.map(async (entities) => {
        for (let count = 0; count < 10; count++) {
          await entities.transaction(async (unit) => {
            const { fields } = (await unit.get(Customer, id(1)))!;
            await unit.update(Customer, id(1), { size: fields.size! + 1 });
          });
        }
      }),
    );
    expect((await programs[0]!.get(Customer, id(1)))!.fields.size).toBe(30);
    const sizes = (await logged(store, schema)).map(({ fields }) => fields["size"]);
    expect(sizes).toEqual(Array.from({ length: 31 }, (_, at) => at));
  } finally {
    await opened.cleanup();
  }
});
