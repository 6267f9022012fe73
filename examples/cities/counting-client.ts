import type { IHttpClient, Request } from "livedist";

type Service = Request["service"];

const TECH_ID_BYTES = 16;

/** Carries an Edge's requests as another client does, and counts what goes over the wire. */
export class CountingClient implements IHttpClient {
  readonly clientId: string;
  readonly stream?: NonNullable<IHttpClient["stream"]>;
  /** How many entities the server was told not to be held any more. */
  unregisteredCount = 0;
  readonly #client: IHttpClient;
  readonly #answerBytes = new Map<Service, number>();

  constructor(client: IHttpClient) {
    this.#client = client;
    this.clientId = client.clientId;
    // Deltas are not counted. A client without streams is polled, and this one is to be as the other.
    if (client.stream) this.stream = (request, signal) => client.stream!(request, signal);
  }

  /** Gives how many bytes the answers of a service had so far. */
  answerBytes(service: Service): number {
    return this.#answerBytes.get(service) ?? 0;
  }

  async frames(request: Request, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    return this.#counted(request.service, await this.#client.frames(request, signal));
  }

  async json(request: Request, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const answer = await this.#client.json(request, signal);
    if (request.service === "UnregisterEntities") this.unregisteredCount += request.techIds.length / TECH_ID_BYTES;
    return answer;
  }

  async close(): Promise<void> {
    await this.#client.close?.();
  }

  async *#counted(service: Service, answer: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const bytes of answer) {
      this.#answerBytes.set(service, this.answerBytes(service) + bytes.length);
      yield bytes;
    }
  }
}
