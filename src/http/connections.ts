import type { Server } from "node:http";
import type { Socket } from "node:net";

/** Keeps the open connections of a server, whoever works with them, and what passed over those that are closed. */
export class Connections {
  readonly #sockets = new Set<Socket>();
  #total = 0;
  #received = 0;
  #sent = 0;

  constructor(server: Server) {
    // What requests of TLS run on stands around the connection.
    server.on("secureConnection", (socket: Socket) => socket.setMaxListeners(0));
    server.on("connection", (socket: Socket) => {
      this.#total++;
      this.#sockets.add(socket);
      // Each request that runs on it hears of its end, and a client may send any number behind each other.
      socket.setMaxListeners(0);
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#received += socket.bytesRead;
        this.#sent += socket.bytesWritten;
      });
    });
  }

  get sockets(): ReadonlySet<Socket> {
    return this.#sockets;
  }

  /** How many there were so far. */
  get total(): number {
    return this.#total;
  }

  /** Adds up the bytes of all connections so far. */
  bytes(): { received: number; sent: number } {
    let [received, sent] = [this.#received, this.#sent];
    for (const { bytesRead, bytesWritten } of this.#sockets) {
      received += bytesRead;
      sent += bytesWritten;
    }
    return { received, sent };
  }
}
