import type { Dice } from "../support/dice.js";
import { type Fields, type Operation, type OracleState, type PartOperation, type Shapes } from "./oracle.js";

const topicPool = ["T1", "T2", "T3", "T4", "T5", "a%_b"];
/** A topic that deltas are only routed by (`#`); it is never under `!`, for then it would say that they are a client's own. */
export const ROUTED_TOPIC = "X1";

/** How the values of each field come about; fields of parts stand in the shapes. */
const values: Readonly<Record<string, Readonly<Record<string, (dice: Dice) => unknown>>>> = {
  Room: { label: text, area: (dice) => dice.random() * 100 },
  Address: { street: text },
  Phone: { number: text, kind: (dice) => dice.between(-(2 ** 31), 2 ** 31 - 1) },
  Party: { name: text, active: (dice) => dice.chance(0.5) },
  Person: {
    name: text,
    active: (dice) => dice.chance(0.5),
    born: (dice) => new Date(dice.between(-1e12, 1e12)),
    photo: (dice) => Uint8Array.from({ length: dice.between(0, 40) }, () => dice.between(0, 255)),
    friend: (dice) => dice.guid(),
    balance: (dice) => `${dice.between(-1e6, 1e6)}.${dice.between(10, 99)}`,
    points: (dice) => BigInt(dice.between(-1e9, 1e9)) * 4_000_000_007n,
  },
  Company: {
    name: text,
    active: (dice) => dice.chance(0.5),
    rating: (dice) => dice.random(),
    extra: (dice) => ({ n: dice.between(0, 9), list: [text(dice), null] }),
  },
};

function text(dice: Dice): string {
  return Array.from({ length: dice.between(0, 12) }, () => dice.pick(["a", "ß", "€", "😀", " ", "\0", "'"])).join("");
}

/** Gives a slice over the topics in use, with `*`, `+`, `!` and parentheses. */
export function anySlice(dice: Dice): string {
  return expression(dice, 2);
}

function expression(dice: Dice, depth: number): string {
  let slice = term(dice, depth);
  for (let more = dice.between(0, 3); more > 0; more--) {
    const roll = dice.random();
    if (roll < 0.5) slice += `+${term(dice, depth)}`;
    else if (roll < 0.75) slice += `*${term(dice, depth)}`;
    else slice += `*!${dice.pick(topicPool)}`;
  }
  return slice;
}

function term(dice: Dice, depth: number): string {
  if (depth > 0 && dice.chance(0.3)) return `(${expression(dice, depth - 1)})`;
  return dice.chance(0.03) ? ROUTED_TOPIC : dice.pick(topicPool);
}

export function anyTopics(dice: Dice): string[] {
  return dice.some(topicPool, 0.3);
}

/** A registered client whose own application writes what it holds; the server hears of it afterwards. */
export interface OwnWriter {
  readonly clientId: string;
  holds(techId: string): boolean;
}

/** Makes transactions that fit the state that they begin with. */
export class Generator {
  readonly #shapes: Shapes;
  readonly #dice: Dice;

  constructor(shapes: Shapes, dice: Dice) {
    this.#shapes = shapes;
    this.#dice = dice;
  }

  /** Gives 1 to 5 operations, all of them by `writer` where there is one; `after` tells the state that some lead to. */
  transaction(
    state: OracleState,
    nowMs: number,
    after: (operations: readonly Operation[]) => OracleState,
    writer?: OwnWriter,
  ): Operation[] {
    const operations: Operation[] = [];
    const created = new Set<string>();
    for (let more = this.#dice.between(1, 5); more > 0; more--) {
      const before = operations.length === 0 ? state : after(operations);
      const isKnown = (techId: string): boolean => created.has(techId) || writer!.holds(techId);
      const known = writer ? new Map([...before].filter(([techId]) => isKnown(techId))) : before;
      const operation = this.#operation(known, nowMs);
      created.add(operation.techId);
      operations.push(writer ? { ...operation, by: writer.clientId } : operation);
    }
    return operations;
  }

  #operation(state: OracleState, updateTimeMs: number): Operation {
    const dice = this.#dice;
    const roll = dice.random();
    if (state.size === 0 || roll < (state.size > 60 ? 0.05 : 0.3)) {
      const className = dice.pick(["Party", "Person", "Company"]);
      const topics = anyTopics(dice);
      return {
        kind: "create",
        className,
        techId: dice.guid(),
        topics,
        updateTimeMs,
        fields: { labels: topics, ...this.#whole(className) },
      };
    }
    const { techId, className, topics: held, fields } = dice.pick([...state.values()]);
    if (roll < (state.size > 60 ? 0.25 : 0.4)) return { kind: "remove", techId };
    const changes = this.#changes(className, fields);
    if (!dice.chance(0.35)) return { kind: "update", techId, topics: held, updateTimeMs, fields: changes };
    const topics = anyTopics(dice);
    return { kind: "update", techId, topics, updateTimeMs, fields: { ...changes, labels: topics } };
  }

  #whole(className: string): Fields {
    const fields: Fields = {};
    for (const [name, make] of Object.entries(values[className]!))
      if (this.#dice.chance(0.7)) fields[name] = make(this.#dice);
    for (const [name, { many, of }] of this.#parts(className)) {
      if (!this.#dice.chance(0.6)) continue;
      fields[name] = many
        ? Array.from({ length: this.#dice.between(0, 3) }, () => this.#wholePart(of))
        : this.#wholePart(of);
    }
    return fields;
  }

  #wholePart(className: string): Fields {
    return { techId: this.#dice.guid(), ...this.#whole(className) };
  }

  #changes(className: string, held: Fields): Fields {
    const dice = this.#dice;
    const changes: Fields = {};
    for (const [name, make] of Object.entries(values[className]!)) {
      if (dice.chance(0.3)) changes[name] = dice.chance(0.2) ? null : make(dice);
    }
    for (const [name, { many, of }] of this.#parts(className)) {
      if (!dice.chance(0.5)) continue;
      const parts = (many ? (held[name] ?? []) : held[name] ? [held[name]] : []) as Fields[];
      if (!many) changes[name] = parts.length === 0 ? this.#creation(of) : this.#partChange(of, parts[0]!);
      else {
        // An empty list says that there are to be no parts at all.
        const operations = this.#partOperations(of, parts);
        if (operations.length > 0) changes[name] = operations;
      }
    }
    return changes;
  }

  #partOperations(className: string, held: readonly Fields[]): PartOperation[] {
    const operations = this.#dice.some(held, 0.6).map((part) => this.#partChange(className, part));
    if (held.length < 5 && this.#dice.chance(0.5)) operations.push(this.#creation(className));
    return operations;
  }

  #partChange(className: string, part: Fields): PartOperation {
    const techId = part["techId"] as string;
    if (this.#dice.chance(0.3)) return { oper: "DELETE", techId };
    return { oper: "UPDATE", techId, fields: this.#changes(className, part) };
  }

  #creation(className: string): PartOperation {
    return { oper: "CREATE", techId: this.#dice.guid(), fields: this.#whole(className) };
  }

  #parts(className: string): [string, { many: boolean; of: string }][] {
    return Object.entries(this.#shapes[className] ?? {});
  }
}
