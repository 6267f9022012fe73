import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../src/base/errors.js";
import { readRequest } from "../../src/wire/read-request.js";
import { readRequestBody, writeRequestBody } from "../../src/wire/request-body.js";
import { type Request, serverOf } from "../../src/wire/requests.js";

const text = fc.string({ minLength: 1, maxLength: 20 });
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const position = fc.record({ epoch: text, sequence: whole, stamp: text }, { requiredKeys: ["epoch", "sequence"] });
const techIds = fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { maxLength: 4 }).map((ids) => {
  return new Uint8Array(ids.flatMap((id) => [...id]));
});
const client = { clientId: text, topicsSlice: text };
const optional = fc.record({ siteEpoch: text, token: text }, { requiredKeys: [] });
const unregistered = { ...client, tracking: fc.constantFrom("transition" as const, "none" as const) };
const reading = fc.oneof(
  fc.record(unregistered),
  fc.record({ ...client, tracking: fc.constant("registration" as const), session: whole }),
);
const commanding = fc.oneof(
  fc.record(unregistered),
  fc.record({ ...client, tracking: fc.constant("registration" as const), session: whole, command: whole }),
);

function merged<A extends object, B extends object>(a: fc.Arbitrary<A>, b: fc.Arbitrary<B>): fc.Arbitrary<A & B> {
  return fc.tuple(a, b).map(([one, two]) => ({ ...one, ...two }));
}

const service = <S extends string>(name: S): { service: fc.Arbitrary<S> } => ({ service: fc.constant(name) });

const aboutSubscriptions: fc.Arbitrary<Request> = fc.oneof(
  fc.record({ ...service("BeginSession"), clientId: text }),
  merged(fc.record(service("FullLoad")), commanding),
  merged(
    fc.record({ ...service("SyncLoad"), position, updatedSinceMs: whole, techIds }, { requiredKeys: ["service"] }),
    commanding,
  ),
  merged(fc.record({ ...service("PartialLoad"), position, newTopicsSlice: text }), commanding),
  merged(fc.record({ ...service("LoadEntities"), position, techIds }), commanding),
  merged(fc.record({ ...service("UnregisterEntities"), position, techIds }), commanding),
  merged(fc.record({ ...service("SkipLoad"), position }), reading),
  merged(fc.record({ ...service("FetchDeltas"), position, waitMsMax: fc.nat({ max: 120_000 }) }), reading),
);
const request: fc.Arbitrary<Request> = merged(aboutSubscriptions, optional);

describe("a request", () => {
  it("is at the other end what it was, whichever form its body has", () => {
    fc.assert(
      fc.property(request, (sent) => {
        const { body } = writeRequestBody(sent);
        expect(typeof body === "string").toBe(!("techIds" in sent));
        expect(typeof body === "string" ? readRequest(body) : readRequestBody(body)).toEqual(sent);
      }),
    );
  });

  it("with something else in one of its members is read or refused, and nothing else", () => {
    const member = fc.constantFrom(
      "position",
      "session",
      "command",
      "siteEpoch",
      "tracking",
      "topicsSlice",
      "waitMsMax",
    );
    const name = fc.constantFrom(...Object.keys(serverOf), "__proto__", "");
    fc.assert(
      fc.property(request, member, fc.jsonValue(), name, (sent, key, value, other) => {
        for (const changed of [
          { ...sent, [key]: value },
          { ...sent, service: other },
        ]) {
          try {
            const { techIds: ids, ...rest } = changed as { techIds?: Uint8Array };
            expect(readRequest(JSON.stringify(rest), ids)).toHaveProperty("service");
          } catch (error) {
            expect(codeOf(error)).toBe("Request");
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("with bytes that are damaged is read or refused, and nothing else", () => {
    fc.assert(
      fc.property(merged(request, fc.record({ techIds })), fc.nat(), fc.nat({ max: 255 }), (sent, place, byte) => {
        const body = writeRequestBody(sent).body as Uint8Array;
        const damaged = body.slice(0, place % 3 === 0 ? place % body.length : body.length);
        if (damaged.length > 0) damaged[place % damaged.length] = byte;
        try {
          expect(readRequestBody(damaged)).toHaveProperty("service");
        } catch (error) {
          expect(codeOf(error)).toBe("Request");
        }
      }),
      { numRuns: 500 },
    );
  });
});
