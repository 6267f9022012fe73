import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { CleanUp } from "./clean-up.js";

const HOST = "127.0.0.1";

/** A network between two programs: it passes TCP connections on, counts what goes over them in both directions, and can be cut. */
export class Cable {
  /** Where the far end is reached through the cable. */
  readonly url: string;
  /** Bytes in both directions so far, headers of HTTP and WebSockets included. */
  bytes = 0;
  readonly #sockets: Set<Socket>;
  #isCut = false;

  private constructor(url: string, sockets: Set<Socket>) {
    this.url = url;
    this.#sockets = sockets;
  }

  /** Lays a cable to a server of this machine. */
  static async lay(target: string, cleanUp: CleanUp): Promise<Cable> {
    const far = Number(new URL(target).port);
    const sockets = new Set<Socket>();
    const server = createServer((near) => {
      if (cable.#isCut) near.destroy();
      else cable.#join(near, connect(far, HOST));
    }).listen(0, HOST);
    await once(server, "listening");
    const cable = new Cable(`http://${HOST}:${(server.address() as AddressInfo).port}`, sockets);
    cleanUp.push(() => {
      cable.cut();
      server.close();
    });
    return cable;
  }

  /** Breaks every connection, and lets none come about. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  heal(): void {
    this.#isCut = false;
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (data: Buffer) => (this.bytes += data.length));
      from.on("error", () => undefined);
      from.once("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
