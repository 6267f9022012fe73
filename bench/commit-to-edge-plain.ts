import Database from "better-sqlite3";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { serveParent } from "./child.js";

/*
 * What one would write by hand instead of a delta server, for commit-to-edge.ts: told by a POST, it SELECTs what stands behind
 * the last row that it has seen and sends it to everybody. Nobody who comes later is given anything.
 */

serveParent({ start });

async function start(argument: unknown): Promise<string> {
  const database = new Database(argument as string, { readonly: true });
  const select = database.prepare<[number], { Sequence: number; DeltaBuffer: Buffer }>(
    "SELECT Sequence, DeltaBuffer FROM Bare WHERE Sequence > ? ORDER BY Sequence",
  );
  let last = 0;
  const server = createServer((request, response) => {
    request.resume();
    response.end();
    for (const { Sequence, DeltaBuffer } of select.all(last)) {
      last = Sequence;
      for (const socket of sockets.clients) socket.send(DeltaBuffer);
    }
  });
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
