import { fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A process of its own for a server, so that its CPU time is apart from that of its clients. */
export interface Child {
  /** Calls a command of the child and gives what it answers; rejects with the message of what it throws. */
  call(command: string, argument?: unknown): Promise<unknown>;
  /** Ends the process. */
  end(): Promise<void>;
}

/** What a child can do, by name. */
export type Commands = Readonly<Record<string, (argument: unknown) => unknown>>;

interface Question {
  readonly id: number;
  readonly command: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Starts a file of this folder, "./x.js", which calls `serveParent`. */
export function startChild(file: string): Child {
  const isCompiled = import.meta.url.endsWith(".js");
  const path = fileURLToPath(new URL(isCompiled ? file : file.replace(/js$/, "ts"), import.meta.url));
  const child = fork(path, { execArgv: isCompiled ? [] : ["--import", loaderUrl()], serialization: "advanced" });
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on("message", (message) => {
    const { id, value, error } = message as Answer;
    const caller = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) caller?.resolve(value);
    else caller?.reject(new Error(`${file}: ${error}`));
  });
  const exited = once(child, "exit").then(() => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended`));
  });
  return {
    call: (command, argument) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        waiting.set(id, { resolve, reject });
        child.send({ id, command, argument } satisfies Question);
      }),
    async end() {
      child.disconnect();
      await exited;
    },
  };
}

/** Gives what lets Node run TypeScript: in tests, nothing is compiled before. */
function loaderUrl(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
}

/** Answers the calls of the process that started this one, and ends with it. Every child can tell its `cpuSeconds`. */
export function serveParent(commands: Commands): void {
  const all: Commands = { ...commands, cpuSeconds };
  process.on("message", (message) => void answer(all, message as Question));
  process.on("disconnect", () => process.exit());
}

async function answer(commands: Commands, { id, command, argument }: Question): Promise<void> {
  let reply: Answer;
  try {
    reply = { id, value: await commands[command]!(argument) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send!(reply);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
