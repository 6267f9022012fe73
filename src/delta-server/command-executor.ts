import { LiveDistError, NotRegisteredError } from "../base/errors.js";
import { GUID_BYTES } from "../base/guid.js";
import type { Cache } from "../cache-server/cache.js";
import type { SlotSet } from "../cache-server/slot-set.js";
import { topicsHeld } from "../topics/topics-held.js";
import { parseTopicsSlice } from "../topics/topics-slice.js";
import type {
  BeginSessionRequest,
  FullLoadRequest,
  LoadEntitiesRequest,
  PartialLoadRequest,
  Position,
  SyncLoadRequest,
  UnregisterEntitiesRequest,
} from "../wire/requests.js";
import { changedEntities } from "./changed-entities.js";
import type { CommandAnswer } from "./command-answer.js";
import type { CommandRecord, CommandRequest, EndRegistration, UseSession } from "./command-record.js";
import { FullEntities } from "./full-entities.js";
import { goneTechIds } from "./gone-tech-ids.js";
import { isChangedSince } from "./is-changed-since.js";
import type { LateBodies } from "./late-bodies.js";
import { unlessVetoed } from "./may-give.js";
import { namedEntities } from "./named-entities.js";
import { OwedEntities } from "./owed-entities.js";
import type { RegisteredClients } from "./registered-clients.js";
import type { Registration } from "./registration.js";
import type { Sessions } from "./sessions.js";
import type { Wakes } from "./wakes.js";

/** Executes a command at its sequence-number, which the cache and the masks are at. Throws what the client is refused with. */
export type ExecuteCommand = (record: CommandRecord, sequence: number) => CommandAnswer;

/** What commands work on. */
export interface CommandParts {
  readonly cache: Cache;
  readonly registered: RegisteredClients;
  readonly lateBodies: LateBodies;
  readonly sessions: Sessions;
  readonly wakes: Wakes;
  readonly epoch: () => string;
  /** Gives the name of a load that takes place at a sequence-number. */
  readonly newStamp: (sequence: number) => string;
  /** Whether commands have sequence-numbers of their own, since they stand in the log. Those of a proxy do not. */
  readonly isLogged: boolean;
}

type Executed = Omit<CommandAnswer, "epoch">;

/** A command that may be executed, and where. */
interface At<R extends CommandRequest> {
  readonly request: R;
  readonly bit: number;
  readonly nowMs: number;
  readonly sequence: number;
}

/** Executes the commands of registered clients (guide §2.2 to §2.5; protocol: commands, loads of registered clients). */
export class CommandExecutor {
  readonly #parts: CommandParts;
  readonly #owed: OwedEntities;

  constructor(parts: CommandParts) {
    this.#parts = parts;
    this.#owed = new OwedEntities(parts.cache, parts.registered.table);
  }

  execute(record: CommandRecord, sequence: number): CommandAnswer {
    // Told with it, since another may have begun before the answer is given.
    return { ...this.#run(record, sequence), epoch: this.#parts.epoch() };
  }

  #run({ request, bitNumber: bit, nowMs }: CommandRecord, sequence: number): Executed {
    switch (request.service) {
      case "BeginSession":
        return { sequence: this.#newSession(request, sequence) };
      case "UseSession":
        return this.#useSession(request, sequence);
      case "EndRegistration":
        return this.#endRegistration(request, bit, sequence);
    }
    this.#check(request, sequence);
    switch (request.service) {
      case "FullLoad":
        return this.#fullLoad({ request, bit, nowMs, sequence });
      case "SyncLoad":
        return request.tracking === "registration"
          ? this.#syncLoad({ request, bit, nowMs, sequence })
          : this.#syncUnregistered({ request, bit, nowMs, sequence });
      case "PartialLoad":
        return this.#partialLoad({ request, bit, nowMs, sequence });
      case "LoadEntities":
        return this.#loadEntities({ request, bit, nowMs, sequence });
      case "UnregisterEntities":
        return this.#unregister({ request, bit, nowMs, sequence });
    }
  }

  /** Checks what does not depend on the kind of command. */
  #check(request: Exclude<CommandRequest, { service: "BeginSession" }>, sequence: number): void {
    const { clientId, tracking, session = 0, sessionEpoch, command = 0 } = request;
    if (tracking !== "registration") return;
    if (sessionEpoch !== undefined && sessionEpoch !== this.#parts.epoch()) throw this.#epochChanged("the session");
    // Numbers are given in the order of the log: this one was given in another.
    if (this.#parts.isLogged && session >= sequence) throw this.#epochChanged("the session");
    if (needsPosition(request) && request.position?.epoch !== this.#parts.epoch())
      throw this.#epochChanged("the position");
    this.#parts.sessions.execute(clientId, session, command);
  }

  /** Gives the number of a new session: where the command stands in the log, or one that the client has not had here. */
  #newSession({ clientId }: BeginSessionRequest, sequence: number): number {
    const { isLogged, sessions } = this.#parts;
    return isLogged ? sequence : sessions.next(clientId, sequence);
  }

  /** Fences the sessions before one that a reading call has named, also where they wait for deltas here. */
  #useSession({ clientId, session }: UseSession, sequence: number): Executed {
    const { sessions, registered } = this.#parts;
    sessions.use(clientId, session);
    registered.get(clientId)?.recheck();
    return { sequence };
  }

  /** Ends what a client has that is no longer served; a row that took the place of its row is another client. */
  #endRegistration({ clientId }: EndRegistration, bit: number, sequence: number): Executed {
    const { registered } = this.#parts;
    if (registered.get(clientId)?.bit === bit)
      registered.end(clientId, new NotRegisteredError(`the client ${clientId} was not served`));
    return { sequence };
  }

  #fullLoad({ request: { clientId, topicsSlice }, bit, nowMs, sequence }: At<FullLoadRequest>): Executed {
    const { cache, registered, newStamp } = this.#parts;
    const slice = parseTopicsSlice(topicsSlice);
    const { stamp } = registered.begin({ clientId, bit, slice, sequence, stamp: newStamp(sequence) });
    registered.table.clear(bit);
    const slots = cache.selectSlots(slice, nowMs);
    this.#synchronize(bit, slots);
    return { sequence, load: { sequence, stamp, selection: cache.capture(slots), mayGive: unlessVetoed(slice) } };
  }

  #syncLoad({ request, bit, nowMs, sequence }: At<SyncLoadRequest>): Executed {
    const { cache, registered, epoch, newStamp } = this.#parts;
    const { clientId, topicsSlice, techIds, position } = request;
    const slice = parseTopicsSlice(topicsSlice);
    if (techIds === undefined) registered.require(clientId, position).checkChangesTellAll(position!.sequence);
    const { stamp } = registered.begin({ clientId, bit, slice, sequence, stamp: newStamp(sequence) });
    const gone = techIds && this.#register(request, bit, techIds);
    const isChanged = isChangedSince(cache, request, epoch());
    const question = { bit, slice, nowMs, isChanged, keepsUnheld: isSite(request) };
    const slots = this.#owed.collect({ ...question, vetoUnsynchronizes: true });
    const selection = cache.capture(slots);
    return { sequence, load: { sequence, stamp, selection, mayGive: unlessVetoed(slice), ...(gone && { gone }) } };
  }

  /** A site's SyncLoad is executed at a sequence-number of its own, so that it misses nothing that was committed before it came. */
  #syncUnregistered({ request, nowMs, sequence }: At<SyncLoadRequest>): Executed {
    const { cache, epoch } = this.#parts;
    return { sequence, load: changedEntities({ cache, epoch: epoch(), sequence, nowMs }, request) };
  }

  /** Makes what a client holds its registration; gives the tech-ids that are not held here. */
  #register(request: SyncLoadRequest, bit: number, techIds: Uint8Array): Uint8Array {
    const { cache, registered } = this.#parts;
    registered.table.clear(bit);
    const put = (at: number): void => registered.table.put(techIds, at, bit, "synchronized");
    // What is not held here an edge drops; a site may keep it, and has to hear of it when it comes back.
    if (isSite(request)) for (let at = 0; at < techIds.length; at += GUID_BYTES) put(at);
    return goneTechIds(cache, techIds, (at) => {
      put(at);
      return true;
    });
  }

  /** Registers a client on the entities of slots, as current. */
  #synchronize(bit: number, slots: SlotSet): void {
    const { table } = this.#parts.registered;
    slots.forEach((slot) => table.putAt(slot, bit, "synchronized"));
  }

  #partialLoad({ request, bit, nowMs, sequence }: At<PartialLoadRequest>): Executed {
    const { cache, registered, lateBodies, newStamp } = this.#parts;
    const { clientId, topicsSlice, position, newTopicsSlice } = request;
    const slice = parseTopicsSlice(newTopicsSlice);
    const before = registered.requireSlice(clientId, parseTopicsSlice(topicsSlice), position);
    before.checkReachesBackTo(position.sequence);
    const owed = lateBodies.framesOf(before.after(position.sequence));
    const { stamp } = registered.begin({ clientId, bit, slice, sequence, stamp: newStamp(sequence) });
    const isChanged = (): boolean => false;
    const question = { bit, slice, nowMs, isChanged, keepsUnheld: isSite(request) };
    const slots = this.#owed.collect({ ...question, vetoUnsynchronizes: false });
    const selection = cache.capture(slots);
    return { sequence, load: { sequence, stamp, selection, owed, mayGive: unlessVetoed(slice) } };
  }

  /** Gives entities by name, selected or not: the client found that it lacks them. Subscription and load stay as they are. */
  #loadEntities({ request, bit, sequence }: At<LoadEntitiesRequest>): Executed {
    const { cache, registered } = this.#parts;
    const { clientId, topicsSlice, position, techIds } = request;
    const registration = registered.requireSlice(clientId, parseTopicsSlice(topicsSlice), position);
    const { stamp, mayGive } = registration;
    const { slots, gone } = namedEntities(cache, techIds, mayGive);
    this.#synchronize(bit, slots);
    registration.noteGivenAlone(sequence);
    return { sequence, load: { sequence, stamp, selection: cache.capture(slots), mayGive, gone } };
  }

  /** Ends registrations; what the slice selects all the same is given in full, behind the command, to this client alone. */
  #unregister({ request, bit, sequence }: At<UnregisterEntitiesRequest>): Executed {
    const { cache, registered, wakes } = this.#parts;
    const { clientId, topicsSlice, position, techIds } = request;
    const registration = registered.requireSlice(clientId, parseTopicsSlice(topicsSlice), position);
    if (!this.#parts.isLogged) this.#checkNoneSelected(request, registration);
    const full = new FullEntities(sequence, registration.mayGive);
    for (let at = 0; at < techIds.length; at += GUID_BYTES) {
      registered.table.drop(techIds, at, bit);
      const held = cache.find(techIds, at);
      if (held === undefined || !registration.slice.selectsHeld(topicsHeld(held.topics))) continue;
      full.add(held.record, held.schema);
      registered.table.put(techIds, at, bit, "synchronized");
    }
    if (!full.isEmpty) {
      registration.pushAlone(full.entry());
      wakes.add(registration);
    }
    return { sequence };
  }

  /**
   * Throws NotRegistered where the slice selects one of the entities: behind a command without a sequence-number there is no place
   * to give it in full. The client names what it holds instead, and is given the rest.
   */
  #checkNoneSelected({ clientId, techIds }: UnregisterEntitiesRequest, { slice }: Registration): void {
    for (let at = 0; at < techIds.length; at += GUID_BYTES) {
      const held = this.#parts.cache.find(techIds, at);
      if (held === undefined || !slice.selectsHeld(topicsHeld(held.topics))) continue;
      throw new NotRegisteredError(
        `the slice of the client ${clientId} selects what it unregisters: name what is held`,
      );
    }
  }

  #epochChanged(what: string): LiveDistError {
    return new LiveDistError("EpochChanged", `${what} is of another epoch than the log, ${this.#parts.epoch()}`);
  }
}

function isSite({ siteEpoch }: CommandRequest): boolean {
  return siteEpoch !== undefined;
}

/** Tells whether a command goes on from where the client stands; the others begin anew, whatever the epoch. */
function needsPosition(request: CommandRequest): request is CommandRequest & { position?: Position } {
  return (
    request.service === "PartialLoad" ||
    request.service === "LoadEntities" ||
    request.service === "UnregisterEntities" ||
    (request.service === "SyncLoad" && request.techIds === undefined)
  );
}
