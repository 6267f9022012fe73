import type { SimulatedServer } from "./simulated-server.js";
import { type PlainField, plainFields, techIdOf, Thing } from "./things.js";

type Values = Readonly<Record<string, string>>;

/**
 * Does what an operation `create` or `update` of a scenario says: creates the entity that it names, or changes the first of those
 * it names that the site holds. Resolves when it is committed; does nothing where the site is down.
 */
export async function writeThing(target: SimulatedServer, kind: "create" | "update", text: string): Promise<void> {
  const { site } = target;
  if (!site) return;
  const [names, ...words] = text.split(" ") as [string, ...string[]];
  const values = Object.fromEntries(words.map((word) => word.split("=") as [string, string]));
  const fields = plainValues(values);
  await site.entities.transaction(async (unit) => {
    if (kind === "create") {
      const techId = techIdOf(names);
      if (await unit.get(Thing, techId)) return;
      await unit.create(Thing, fields, { techId });
      target.writes({ techId, fields: new Map(Object.entries(fields) as [PlainField, unknown][]) });
      return;
    }
    for (const techId of names.split("|").map(techIdOf)) {
      const held = await unit.get(Thing, techId);
      if (!held) continue;
      const notes = partChange(values, held.fields.notes);
      await unit.update(Thing, techId, { ...fields, ...(notes && { notes }) });
      const changed = Object.entries(fields).filter(([name, value]) => held.fields[name as PlainField] !== value);
      target.writes({ techId, fields: new Map(changed as [PlainField, unknown][]) });
      return;
    }
  });
  await site.entities.notifyDeltaServer();
}

function plainValues(values: Values): { t1?: string; t2?: string; n?: number; m?: number } {
  const given = plainFields.filter((name) => values[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, name.startsWith("t") ? values[name] : Number(values[name])]));
}

type Change =
  | { oper: "CREATE"; fields: { text: string; size: number } }
  | { oper: "UPDATE"; techId: string; fields: { text?: string; size?: number } }
  | { oper: "DELETE"; techId: string };

/** Makes the change of one part: a new one, or a change of one that is held. */
function partChange(values: Values, held: readonly { readonly techId: string }[]): Change[] | undefined {
  const value = Number(values["part+"] ?? values["part~"] ?? values["part-"]);
  if (Number.isNaN(value)) return undefined;
  const part = held[value % held.length];
  if (values["part+"] !== undefined) return [{ oper: "CREATE", fields: { text: `x${value}`, size: value } }];
  if (part === undefined) return undefined;
  if (values["part-"] !== undefined) return [{ oper: "DELETE", techId: part.techId }];
  return [{ oper: "UPDATE", techId: part.techId, fields: value % 2 === 0 ? { text: `x${value}` } : { size: value } }];
}
