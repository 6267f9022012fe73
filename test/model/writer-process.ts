import { parseArgs } from "node:util";
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../../src/base/clock.js";
import { Entities } from "../../src/entities/entities.js";
import { openStore } from "../../src/store/open-store.js";
import { schema, topicsOf } from "./classes.js";
import { numberedOperations } from "./numbered-operations.js";

// An application in a process of its own, which writes transaction after transaction until it is killed. Says "begun <n>" in
// each transaction, in front of its writes, and "committed <n>" behind it.
const { values } = parseArgs({ options: { file: { type: "string" }, first: { type: "string" } } });
const first = Number(values.first!);
const say = (text: string): boolean => process.stdout.write(`${text}\n`);

const store = await openStore(`sqlite:${values.file!}`, { synchronous: "normal" });
let nowMs = 0;
const entities = new Entities(store, schema, { topicsOf, clock: { ...systemClock, now: () => nowMs } });
for (let number = first; ; number++) {
  nowMs = number * 1_000;
  await entities.transaction(async (unit) => {
    say(`begun ${number}`);
    for (const operation of numberedOperations(number, first)) {
      if (operation.kind === "create")
        await unit.create(schema.classNamed("Party")!, operation.fields, { techId: operation.techId });
      else if (operation.kind === "update")
        await unit.update(schema.classNamed("Party")!, operation.techId, operation.fields);
      await wait(2);
    }
  });
  say(`committed ${number}`);
  await entities.notifyDeltaServer();
}
