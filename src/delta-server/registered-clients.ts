import { type LiveDistError, NotRegisteredError } from "../base/errors.js";
import { REGISTERED_CLIENTS_MAX } from "../base/limits.js";
import { clientOf, type Half, halves, lowestBit } from "../registration/client-bit.js";
import { ClientSlices } from "../registration/client-slices.js";
import { decideDelta, newDeltaDecision } from "../registration/decide-delta.js";
import type { RegistrationTable } from "../registration/registration-table.js";
import { deltaFlags } from "../delta/encoded-delta.js";
import type { TopicsSlice } from "../topics/topics-slice.js";
import type { Position } from "../wire/requests.js";
import type { LogWindow } from "./log-window.js";
import { Registration, type RegistrationParts } from "./registration.js";
import { type SharedHits, SharedHitsOfRow } from "./shared-hits.js";
import type { Wakes } from "./wakes.js";
import type { WindowDelta, WindowRow } from "./window-row.js";

/** The registered clients of a server, a bit each, and the routing of each new row to them (guide §2.1.3, §2.5). */
export class RegisteredClients {
  readonly table: RegistrationTable;
  readonly #window: LogWindow;
  readonly #wakes: Wakes;
  readonly #slices = new ClientSlices();
  readonly #byBit: (Registration | undefined)[] = new Array<undefined>(REGISTERED_CLIENTS_MAX).fill(undefined);
  #count = 0;
  readonly #decision = newDeltaDecision();

  constructor(table: RegistrationTable, window: LogWindow, wakes: Wakes) {
    this.table = table;
    this.#window = window;
    this.#wakes = wakes;
  }

  get count(): number {
    return this.#count;
  }

  /** Gives what is in force for a client, or undefined. */
  get(clientId: string): Registration | undefined {
    return this.#byBit.find((registration) => registration?.clientId === clientId);
  }

  /** Gives those of some clients for whom nothing is in force. */
  unregisteredAmong(clientIds: readonly string[]): string[] {
    return clientIds.filter((clientId) => this.get(clientId) === undefined);
  }

  /** Tells whether one of some clients is registered on the entity with the tech-id that stands in `bytes` at `offset`. */
  isHeldBy(bytes: Uint8Array, offset: number, clientIds: readonly string[]): boolean {
    const slot = this.table.find(bytes, offset);
    return clientIds.some((clientId) => {
      const registration = this.get(clientId);
      return registration !== undefined && this.table.isRegistered(slot, registration.bit);
    });
  }

  /** Gives the clients that are registered on the entity with the tech-id that stands in `bytes` at `offset`. */
  holdersOf(bytes: Uint8Array, offset: number): string[] {
    const slot = this.table.find(bytes, offset);
    const holders = this.#byBit.filter((registration) => this.table.isRegistered(slot, registration?.bit ?? 0));
    return holders.flatMap((registration) => registration?.clientId ?? []);
  }

  /** The slices that are in force. */
  get slices(): TopicsSlice[] {
    return this.#byBit.flatMap((registration) => registration?.slice ?? []);
  }

  /**
   * Gives what is in force for a client that stands where it says. Throws NotRegistered where the server has no registration of
   * the client, or one of another load.
   */
  require(clientId: string, position: Position | undefined): Registration {
    const registration = this.get(clientId);
    if (registration === undefined) throw new NotRegisteredError(`the client ${clientId} is not registered here`);
    if (position === undefined || !isOf(registration, position)) {
      throw new NotRegisteredError(
        `the client ${clientId} has not taken the load that is in force, ${registration.stamp}`,
      );
    }
    return registration;
  }

  /** Does what `require` does, and throws NotRegistered also where another slice is in force. */
  requireSlice(clientId: string, slice: TopicsSlice, position: Position): Registration {
    const registration = this.require(clientId, position);
    if (registration.slice.text === slice.text) return registration;
    throw new NotRegisteredError(`the client ${clientId} is registered with another slice, ${registration.slice.text}`);
  }

  /** Puts in force what follows from a load, in the place of what was; which entities that is about is left as it is. */
  begin(parts: RegistrationParts): Registration {
    const elsewhere = this.get(parts.clientId);
    // The client's row has had another bit meanwhile: of two registrations the client would only ever see one.
    if (elsewhere !== undefined && elsewhere.bit !== parts.bit) this.end(parts.clientId, replaced());
    const before = this.#byBit[parts.bit];
    if (before === undefined) this.#count++;
    // The row of the client that had the bit is gone: the next is a stranger to what it held.
    else if (before.clientId !== parts.clientId) this.table.clear(parts.bit);
    before?.end(replaced());
    const registration = new Registration(parts, this.#window);
    this.#byBit[parts.bit] = registration;
    this.#slices.set(parts.bit, parts.slice);
    return registration;
  }

  /** Ends the registration of a client, if there is one, with what its readers are told: it has to load or to register again. */
  end(clientId: string, reason: LiveDistError): void {
    const registration = this.get(clientId);
    if (registration === undefined) return;
    const { bit } = registration;
    this.#byBit[bit] = undefined;
    this.#count--;
    this.#slices.remove(bit);
    this.table.clear(bit);
    registration.end(reason);
  }

  endAll(reason: LiveDistError): void {
    for (const registration of [...this.#byBit]) if (registration) this.end(registration.clientId, reason);
  }

  wakeAll(): void {
    for (const registration of this.#byBit) registration?.wake();
  }

  /** Lets go of what has left the window. */
  trim(): void {
    for (const registration of this.#byBit) registration?.trim();
  }

  /** Decides, once for all clients, what each is given of a row, and wakes those who wait for it. */
  route(row: WindowRow): void {
    if (this.#count === 0) return;
    const hits = [new SharedHitsOfRow(-1), new SharedHitsOfRow(-1)] as const;
    row.deltas.forEach((delta, index) => this.#decide(delta, index, hits));
    for (const half of halves) {
      for (const shared of hits[half].given) this.#give(half, shared, row);
    }
  }

  #decide(delta: WindowDelta, index: number, hits: readonly [SharedHitsOfRow, SharedHitsOfRow]): void {
    const { encoded, record } = delta;
    const masks = this.#slices.masks(encoded.topics);
    const asked = {
      oper: encoded.oper,
      takesSynchronized: (encoded.flags & deltaFlags.takesSynchronized) !== 0,
      hasRecord: record !== undefined,
    };
    const decision = this.#decision;
    decideDelta(this.table, masks, asked, encoded.bytes, encoded.techIdAt, decision);
    for (const half of halves) hits[half].add(index, decision[half].asIs, decision[half].full);
  }

  #give(half: Half, { mask, hits }: SharedHits, row: WindowRow): void {
    const shared = hits.isLate(row) ? undefined : hits.sharedEntry(row);
    for (let bits = mask; bits !== 0; bits &= bits - 1) {
      const registration = this.#byBit[clientOf(half, lowestBit(bits))]!;
      registration.push(shared ?? hits.entry(row, registration.mayGive));
      this.#wakes.add(registration);
    }
  }
}

function replaced(): NotRegisteredError {
  return new NotRegisteredError("the registration has ended: another load took its place");
}

/** Tells whether a client stands on the load that is in force. Where its stamp was not kept, its position must not be before that load. */
function isOf(registration: Registration, { stamp, sequence }: Position): boolean {
  return stamp === undefined ? sequence >= registration.sequence : stamp === registration.stamp;
}
