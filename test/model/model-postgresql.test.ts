import { afterAll, expect, test } from "vitest";
import { PostgresqlSchema } from "../store/postgresql-databases.js";
import { PostgresqlWork } from "./postgresql-work.js";
import { type Counts, runModel } from "./run-model.js";
import { seedsToRun, timeMsMax } from "./run-seeds.js";

const POSTGRESQL_SEEDS = "1-8";
const work = new PostgresqlWork();
const schemas: PostgresqlSchema[] = [];

afterAll(async () => {
  for (const schema of schemas) await schema.cleanup();
});

// Rows get their numbers after their commit here, and answers of the database come when they come.
test("each copy is what the oracle says on PostgreSQL too", { timeout: timeMsMax(POSTGRESQL_SEEDS) }, async () => {
  const counts: Counts = new Map();
  for (const seed of seedsToRun(POSTGRESQL_SEEDS)) {
    const schema = new PostgresqlSchema();
    schemas.push(schema);
    const database = { connectionString: await schema.url(), whenIdle: () => work.whenIdle() };
    try {
      await runModel(seed, counts, undefined, database);
    } catch (error) {
      throw new Error(`seed ${seed} on PostgreSQL: ${(error as Error).message}`, { cause: error });
    }
  }
  expect([counts.get("restart"), counts.get("command SyncLoad")]).not.toContain(undefined);
});
