/** What the slices of 32 clients say of a topics-list: a bit for each client. */
export interface HalfMasks {
  /** Whose slices select all topics, `#T` read as `T`. */
  readonly sel: number;
  /** Whose slices select the application's topics, those without `#`. */
  readonly selApp: number;
  /** Whom an application's topic vetoes: these clients miss what the delta says. */
  readonly vetoApp: number;
  /** Whom a `#T` vetoes: what the delta says came from these clients. */
  readonly vetoLoop: number;
}

/** What the slices of all registered clients say of a topics-list, by half. */
export type SliceMasks = readonly [HalfMasks, HalfMasks];
