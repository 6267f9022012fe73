/**
 * What the copies have to hold, worked out in the plainest way. Imports nothing: neither the codec, nor the topics, nor the
 * merge of what is tested can be wrong here in the same way.
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

/** One operation of a transaction. In `update`, a field of parts holds PartOperations: one of them, or a list. */
export type Operation =
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
  | { readonly kind: "remove"; readonly techId: string };

export interface OracleEntity {
  readonly className: string;
  readonly techId: string;
  readonly topics: readonly string[];
  readonly updateTimeMs: number;
  readonly fields: Fields;
}

export type OracleState = ReadonlyMap<string, OracleEntity>;

/** Every state that the database was in, by sequence-number. */
export class Oracle {
  readonly #shapes: Shapes;
  readonly #states: OracleState[] = [new Map()];

  constructor(shapes: Shapes) {
    this.#shapes = shapes;
  }

  get lastSequence(): number {
    return this.#states.length - 1;
  }

  get state(): OracleState {
    return this.#states.at(-1)!;
  }

  /** Gives the state that a transaction would leave; nothing has happened yet. */
  after(operations: readonly Operation[], before = this.state): OracleState {
    const next = new Map(before);
    for (const operation of operations) this.#apply(next, operation);
    return next;
  }

  /** A transaction was committed: it has the next sequence-number. */
  commit(operations: readonly Operation[]): void {
    this.#states.push(this.after(operations));
  }

  /** Takes back what was to be committed after a sequence, and never was. */
  takeBack(sequence: number): void {
    this.#states.length = sequence + 1;
  }

  at(sequence: number): OracleState {
    const state = this.#states[sequence];
    if (state === undefined) throw new Error(`nothing was committed at sequence ${sequence}`);
    return state;
  }

  /** Gives what a slice selects at a sequence. */
  selected(slice: string, sequence = this.lastSequence): OracleState {
    return new Map([...this.at(sequence)].filter(([, { topics }]) => selects(slice, topics)));
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

/** Tells whether a slice selects a topics-list: `+` and `*` from left to right, `!` after `*`, parentheses; `#` topics do not count. */
export function selects(slice: string, topics: readonly string[]): boolean {
  const tokens = slice.match(/[+*!()]|[^+*!()\s]+/g) ?? [];
  let at = 0;
  const term = (): boolean => {
    const token = tokens[at++];
    if (token === "!") return !term();
    if (token !== "(") return topics.includes(token!);
    const inner = expression();
    at++;
    return inner;
  };
  const expression = (): boolean => {
    let value = term();
    while (tokens[at] === "+" || tokens[at] === "*") {
      const isOr = tokens[at++] === "+";
      const right = term();
      value = isOr ? value || right : value && right;
    }
    return value;
  };
  return expression();
}
