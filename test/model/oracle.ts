import { selects } from "./oracle-topics.js";

/**
 * What the copies have to hold, worked out in the plainest way. Imports nothing of what is tested: neither the codec, nor the
 * topics, nor the merge can be wrong here in the same way.
 */

export type Fields = Record<string, unknown>;

/** How the fields of each class that hold parts are laid out; all other fields are values. */
export type Shapes = Readonly<
  Record<string, Readonly<Record<string, { readonly many: boolean; readonly of: string }>>>
>;

export interface PartOperation {
  readonly oper: "CREATE" | "UPDATE" | "DELETE";
  readonly techId: string;
  readonly fields?: Fields;
}

/**
 * One operation of a transaction. In `update`, a field of parts holds PartOperations: one of them, or a list. `by` is the
 * registered client whose own application made it first.
 */
export type Operation = { readonly by?: string } & (
  | {
      readonly kind: "create";
      readonly className: string;
      readonly techId: string;
      readonly topics: readonly string[];
      readonly fields: Fields;
      readonly updateTimeMs: number;
    }
  | {
      readonly kind: "update";
      readonly techId: string;
      readonly topics: readonly string[];
      readonly fields: Fields;
      readonly updateTimeMs: number;
    }
  | { readonly kind: "remove"; readonly techId: string }
);

export interface OracleEntity {
  readonly className: string;
  readonly techId: string;
  readonly topics: readonly string[];
  readonly updateTimeMs: number;
  readonly fields: Fields;
}

export type OracleState = ReadonlyMap<string, OracleEntity>;

/** An entity from a sequence-number on, until its next version; without `entity`, it is not there. */
export interface OracleVersion {
  readonly sequence: number;
  readonly entity: OracleEntity | undefined;
}

interface Committed {
  readonly sequence: number;
  readonly state: OracleState;
  readonly operations: readonly Operation[];
}

/** Every state that the database was in, by sequence-number; where a row of the log changed nothing, the one before holds. */
export class Oracle {
  readonly #shapes: Shapes;
  readonly #committed: Committed[] = [{ sequence: 0, state: new Map(), operations: [] }];
  readonly #versions = new Map<string, OracleVersion[]>();

  constructor(shapes: Shapes) {
    this.#shapes = shapes;
  }

  /** The sequence-number of the last transaction. */
  get lastSequence(): number {
    return this.#committed.at(-1)!.sequence;
  }

  get transactions(): number {
    return this.#committed.length - 1;
  }

  get state(): OracleState {
    return this.#committed.at(-1)!.state;
  }

  /** Gives the state that a transaction would leave; nothing has happened yet. */
  after(operations: readonly Operation[], before = this.state): OracleState {
    const next = new Map(before);
    for (const operation of operations) this.#apply(next, operation);
    return next;
  }

  /** A transaction was committed at a sequence-number, or is about to be. */
  commit(operations: readonly Operation[], sequence = this.lastSequence + 1): void {
    if (sequence <= this.lastSequence) throw new Error(`${sequence} is committed after ${this.lastSequence}`);
    const state = new Map(this.state);
    for (const operation of operations) {
      this.#apply(state, operation);
      const { techId } = operation;
      const versions = this.#versions.get(techId) ?? [];
      this.#versions.set(techId, versions);
      versions.push({ sequence, entity: state.get(techId) });
    }
    this.#committed.push({ sequence, state, operations });
  }

  /** Takes back what was to be committed after a sequence, and never was. */
  takeBack(sequence: number): void {
    while (this.lastSequence > sequence) this.#committed.pop();
    for (const versions of this.#versions.values())
      while (versions.length > 0 && versions.at(-1)!.sequence > sequence) versions.pop();
  }

  at(sequence: number): OracleState {
    let at = this.#committed.length - 1;
    while (this.#committed[at]!.sequence > sequence) at--;
    return this.#committed[at]!.state;
  }

  /** Gives all that an entity was up to a sequence-number, also within its transactions, oldest first. */
  versions(techId: string, throughSequence: number): readonly OracleVersion[] {
    return (this.#versions.get(techId) ?? []).filter(({ sequence }) => sequence <= throughSequence);
  }

  /** Gives what a slice selects at a sequence. */
  selected(slice: string, sequence = this.lastSequence): OracleState {
    return new Map([...this.at(sequence)].filter(([, { topics }]) => selects(slice, topics)));
  }

  /** Gives which entities a client's own application wrote, and when, after a sequence-number and up to another. */
  writtenBy(clientId: string, after: number, through: number): { sequence: number; techId: string }[] {
    return this.#committed
      .filter(({ sequence }) => sequence > after && sequence <= through)
      .flatMap(({ sequence, operations }) =>
        operations.filter(({ by }) => by === clientId).map(({ techId }) => ({ sequence, techId })),
      );
  }

  #apply(state: Map<string, OracleEntity>, operation: Operation): void {
    if (operation.kind === "remove") {
      state.delete(operation.techId);
      return;
    }
    const { techId, topics, fields, updateTimeMs } = operation;
    if (operation.kind === "create") {
      const { className } = operation;
      state.set(techId, { className, techId, topics, updateTimeMs, fields: this.#plain(className, fields) });
      return;
    }
    const held = state.get(techId);
    if (held === undefined) throw new Error("the model updates what is not there");
    const { className } = held;
    state.set(techId, {
      className,
      techId,
      topics,
      updateTimeMs,
      fields: this.#changed(className, held.fields, fields),
    });
  }

  #changed(className: string, held: Fields, changes: Fields): Fields {
    const next = { ...held };
    for (const [name, change] of Object.entries(changes)) {
      const shape = this.#shapes[className]?.[name];
      const parts = [held[name] ?? []].flat() as Fields[];
      if (change === null || shape === undefined) next[name] = change;
      else if (shape.many) next[name] = this.#changedParts(shape.of, parts, change as PartOperation[]);
      else next[name] = this.#changedParts(shape.of, parts, [change as PartOperation])[0];
    }
    return this.#plain(className, next);
  }

  #changedParts(className: string, held: readonly Fields[], changes: readonly PartOperation[]): Fields[] {
    let list = [...held];
    for (const { oper, techId, fields = {} } of changes) {
      if (oper === "CREATE") list.push(this.#plain(className, { techId, ...fields }));
      else if (oper === "DELETE") list = list.filter((part) => part["techId"] !== techId);
      else list = list.map((part) => (part["techId"] === techId ? this.#changed(className, part, fields) : part));
    }
    return list.sort(byTechId);
  }

  /** Gives a whole object without what is null or empty, so that there is one way to say that nothing is there. */
  #plain(className: string, fields: Fields): Fields {
    return plainObject(this.#shapes, className, fields);
  }
}

/** Gives a whole object without fields that are null and without empty lists of parts, and with parts in one order. */
export function plainObject(shapes: Shapes, className: string, fields: Fields): Fields {
  const plain: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    const shape = shapes[className]?.[name];
    if (value === null || value === undefined) continue;
    if (shape === undefined) plain[name] = value;
    else if (!shape.many) plain[name] = plainObject(shapes, shape.of, value as Fields);
    else if ((value as Fields[]).length > 0) {
      plain[name] = (value as Fields[]).map((part) => plainObject(shapes, shape.of, part)).sort(byTechId);
    }
  }
  return plain;
}

function byTechId(a: Fields, b: Fields): number {
  return String(a["techId"]) < String(b["techId"]) ? -1 : 1;
}
