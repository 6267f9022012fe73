import type { Operation } from "./oracle.js";

/** Gives what writer-process.ts does in its n-th transaction: three entities come, and one of the transaction before changes. */
export function numberedOperations(number: number, first: number): Operation[] {
  const updateTimeMs = number * 1_000;
  const operations: Operation[] = [0, 1, 2].map((index) => {
    const topics = [`T${(number % 5) + 1}`, `S${index}`];
    const fields = { name: `${number}-${index}`, labels: topics };
    return { kind: "create", className: "Party", techId: numberedTechId(number, index), topics, updateTimeMs, fields };
  });
  if (number > first) {
    const topics = [`T${(number % 3) + 1}`];
    operations.push({
      kind: "update",
      techId: numberedTechId(number - 1, 0),
      topics,
      updateTimeMs,
      fields: { name: "changed", labels: topics },
    });
  }
  return operations;
}

function numberedTechId(number: number, index: number): string {
  return `00000000-0000-4000-8000-${String(number * 10 + index).padStart(12, "0")}`;
}
