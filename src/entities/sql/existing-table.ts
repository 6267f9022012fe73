/**
 * A table of the application's own that holds the fields of a class of entities. Its names are those of the database, with the
 * schema in front where there is one ("sales.customer"); LiveDist never creates, alters or drops it.
 */
export interface ExistingTable {
  readonly table: string;
  /** The column of the tech-id, a GUID. */
  readonly key: string;
  /** The columns of fields that have another name than their field. */
  readonly columns?: Readonly<Record<string, string>>;
  /** The tables of parts, by field. Fields of parts that are not named here get tables of LiveDist's own. */
  readonly parts?: Readonly<Record<string, ExistingPartTable>>;
  /** The column that tells when a row was last written, in milliseconds since 1970; read once, when rows are taken over. */
  readonly updateTime?: string;
}

/** A table of the application's own that holds the parts in one field. */
export interface ExistingPartTable {
  readonly table: string;
  /** The column of the part's tech-id. */
  readonly key: string;
  /** The column of its owner's tech-id: of the entity, or of the part that it is a part of. */
  readonly owner: string;
  readonly columns?: Readonly<Record<string, string>>;
  readonly parts?: Readonly<Record<string, ExistingPartTable>>;
}

/** The tables of the application's own, by the name of the class whose entities they hold. */
export type ExistingTables = Readonly<Record<string, ExistingTable>>;
