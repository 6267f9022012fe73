import { readFile } from "node:fs/promises";
import type pg from "pg";

/**
 * Gives the CPU time, in seconds, of all processes of a PostgreSQL server on this machine that live now. Gives NaN where the
 * system does not tell (it is read from /proc).
 */
export async function postgresqlCpuSeconds(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  try {
    const stat = await readFile(`/proc/${rows[0]!.pid}/stat`, "utf8");
    // Behind the name in brackets: state, and the parent.
    const parent = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]!;
    const children = (await readFile(`/proc/${parent}/task/${parent}/children`, "utf8")).trim().split(" ");
    const seconds = await Promise.all([parent, ...children].map(secondsOf));
    return seconds.reduce((sum, one) => sum + one);
  } catch {
    return NaN;
  }
}

/** A process may have ended meanwhile. */
async function secondsOf(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/schedstat`, "utf8").catch(() => "0");
  return Number(text.split(" ", 1)[0]) / 1e9;
}
