import type { ConsoleContext } from "./console-context.js";
import { entityNamed, type EntityView, techIdBytes } from "./entity-view.js";
import { askBeyond, listOf, nobody, type Silent } from "./tree.js";

/** What a site holds of an entity. */
export interface EntityPlace {
  /** The site's id. */
  readonly site: string;
  /** Up to where its log was read when it answered. */
  readonly sequence: number;
  /** Absent where it does not hold the entity. */
  readonly entity?: EntityView;
}

/** Where an entity is, along the links. */
export interface EntityPath {
  /** This site first. */
  readonly places: readonly EntityPlace[];
  /** The sites that could not be asked. */
  readonly silent: readonly Silent[];
}

/** Gives what this site holds of an entity, and what the sites beyond it do, but for the one that asks. */
export async function entityPath(context: ConsoleContext, techId: string, asking = nobody): Promise<EntityPath> {
  const bytes = techIdBytes(techId);
  const beyond = await askBeyond<EntityPath>(context, techId, asking);
  const { cache, sequence } = context.delta;
  const entity = entityNamed(cache, bytes);
  return {
    places: [
      { site: context.name, sequence, ...(entity && { entity }) },
      ...beyond.answers.flatMap(({ places }) => listOf(places)),
    ],
    silent: [...beyond.silent, ...beyond.answers.flatMap(({ silent }) => listOf(silent))],
  };
}
