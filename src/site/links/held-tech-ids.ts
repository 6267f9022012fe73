import type { Entities } from "../../entities/entities.js";

/** Gives the tech-ids of all that a site holds, one by one, as they were committed at one moment. */
export async function* heldTechIds(entities: Entities): AsyncGenerator<string, void, undefined> {
  for await (const techIds of entities.techIds()) yield* techIds;
}
