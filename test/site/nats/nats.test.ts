import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NatsCarrier } from "../../../src/site/nats/nats-carrier.js";
import type { CarriedRow } from "../../../src/site/nats/row-carrier.js";
import { afterThis, id, Logged } from "../../support/one-site.js";
import { databases, SomeServers, until, watchedReplica } from "../servers/some-servers.js";

const hasServer = spawnSync("nats-server", ["--version"]).status === 0;
const hasNats = hasServer && existsSync("node_modules/@nats-io/jetstream");
if (!hasServer) console.warn("NATS is not tried: there is no nats-server here (Debian: apt-get install nats-server)");
else if (!hasNats) console.warn("NATS is not tried: its packages are not installed (npm ci)");

/** Starts a NATS server with JetStream on a port of its own. */
async function startNats({ port: wanted = "-1", streams = true } = {}): Promise<{
  server: string;
  end: () => Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), "livedist-nats-"));
  afterThis(() => rmSync(folder, { recursive: true, force: true }));
  const jetStream = streams ? ["-js", "-sd", folder] : [];
  const process: ChildProcess = spawn("nats-server", ["-a", "127.0.0.1", "-p", wanted, ...jetStream]);
  const ended = once(process, "exit");
  const end = async (): Promise<void> => {
    process.kill();
    await ended;
  };
  afterThis(end);
  let told = "";
  process.stderr!.on("data", (text: Buffer) => (told += text.toString()));
  const port = (): string | undefined => /client connections on 127\.0\.0\.1:(\d+)/.exec(told)?.[1];
  await until(() => port() !== undefined && told.includes("Server is ready"));
  return { server: `nats://127.0.0.1:${port()}`, end };
}

async function open(server: string): Promise<{ carrier: NatsCarrier; rows: (CarriedRow | undefined)[] }> {
  const carrier = await NatsCarrier.open({ servers: [server], name: "x", logger: new Logged() });
  afterThis(() => carrier.close());
  const rows: (CarriedRow | undefined)[] = [];
  carrier.onRow((row) => void rows.push(row));
  return { carrier, rows };
}

describe.runIf(hasNats)("a real NATS server", () => {
  it("R92: carries rows in order, each once, and of one that is too large the number alone", async () => {
    const { server } = await startNats();
    const [one, two] = [await open(server), await open(server)];
    const row = (sequence: number, bytes = 3): CarriedRow => ({
      epoch: "e",
      sequence,
      deltaBuffer: new Uint8Array(bytes).fill(sequence),
    });
    for (const sequence of [1, 2, 2]) one.carrier.send(row(sequence));
    one.carrier.send(row(3, 2_000_000));
    one.carrier.send(row(4));
    await until(() => two.rows.length >= 4);
    expect(two.rows.map((row) => [row?.epoch, row?.sequence, row?.deltaBuffer?.length])).toEqual([
      ["e", 1, 3],
      ["e", 2, 3],
      ["e", 3, undefined],
      ["e", 4, 3],
    ]);
  });

  it("R92: gives two servers of a site the log, and its end costs nothing but reads of the database", async () => {
    const nats = await startNats();
    const site = await SomeServers.start(databases[0]![1], 0, ["c0", "c1"]);
    for (let at = 0; at < 2; at++) await site.startServer({ LiveDistNatsServers: nats.server });
    await site.write("CREATE", 1, ["A"], { name: "one", size: 0 });
    const watched = [
      await watchedReplica(site.edge("c0", "registration", [site.urls[0]!]), "A"),
      await watchedReplica(site.edge("c1", "registration", [site.urls[1]!]), "A"),
    ];
    for (let size = 1; size <= 20; size++) {
      if (size === 11) await nats.end();
      await site.write("UPDATE", 1, ["A"], { size });
    }
    for (const { replica, changes } of watched) {
      await until(() => replica.copy.get(id(1))?.fields["size"] === 20);
      const sizes = changes.filter(({ kind }) => kind === "update").map(({ entity }) => entity.fields["size"]);
      expect(sizes).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    }
    expect(site.logged.errors).toEqual([]);
  });

  it("R92: carries rows again once NATS was started anew, which has forgotten its streams", async () => {
    const nats = await startNats();
    const [one, two] = [await open(nats.server), await open(nats.server)];
    const row = (sequence: number): CarriedRow => ({ epoch: "e", sequence, deltaBuffer: new Uint8Array([1]) });
    one.carrier.send(row(1));
    await until(() => two.rows.some((received) => received?.sequence === 1));
    await nats.end();
    await startNats({ port: new URL(nats.server).port });
    let sequence = 1;
    await until(async () => {
      one.carrier.send(row(++sequence));
      await new Promise((resolve) => setTimeout(resolve, 100));
      return two.rows.some((received) => (received?.sequence ?? 0) > 1);
    });
  });

  it("R92: refuses NATS without JetStream, and leaves no connection to it open", async () => {
    const { server } = await startNats({ streams: false });
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    const before = sockets();
    const options = { servers: [server], name: "x", logger: new Logged() };
    await expect(NatsCarrier.open(options)).rejects.toMatchObject({ code: "Network" });
    await until(() => sockets() <= before);
  });
});
