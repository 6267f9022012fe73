import { afterAll, expect, test } from "vitest";
import { PostgresqlSchema } from "../store/postgresql-databases.js";
import { postgresqlWork } from "./postgresql-work.js";
import { timeMsMax } from "./run-seeds.js";
import { runSeedsOnServer } from "./run-seeds-on-server.js";

const SEEDS = "1-8";
const work = postgresqlWork();
const schemas: PostgresqlSchema[] = [];

afterAll(async () => {
  for (const schema of schemas) await schema.cleanup();
});

test("each copy is what the oracle says on PostgreSQL too", { timeout: timeMsMax(SEEDS) }, async () => {
  const counts = await runSeedsOnServer("PostgreSQL", SEEDS, async () => {
    const schema = new PostgresqlSchema();
    schemas.push(schema);
    return { connectionString: await schema.url(), whenIdle: () => work.whenIdle() };
  });
  expect([counts.get("restart"), counts.get("command SyncLoad")]).not.toContain(undefined);
});
