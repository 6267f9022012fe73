import type { PlantedBug } from "../../support/planted-bug.js";

/** A bug, and the test that notices it. */
export interface ServersBug extends PlantedBug {
  readonly rule: string;
  readonly test: string;
}

const oneLog = "test/site/servers/one-log.test.ts";
const duties = "test/site/servers/duties.test.ts";
const serverList = "test/edge/server-list.test.ts";

/** Bugs that the servers of a site have to be without, one for each rule of docs/protocol.md that the simulation does not hold alone. */
export const plantedBugs: readonly ServersBug[] = [
  {
    rule: "R22",
    name: "a call that stands on another load is served",
    file: "delta-server/registered-clients.ts",
    find: "stamp === registration.stamp;",
    replace: "stamp !== registration.clientId;",
    test: "test/delta-server/sessions-and-commands.test.ts",
  },
  {
    rule: "R82",
    name: "a server in front of which the log was trimmed goes on",
    file: "site/start-live-dist.ts",
    find: "      clients.stop();\n      delta.stop();\n",
    replace: "",
    test: oneLog,
  },
  {
    rule: "R83",
    name: "rows are numbered without a look whether the lease is another's by now",
    file: "store/postgresql/create-tables.ts",
    find: "return script.replaceAll(",
    replace: 'return script.replaceAll("lease.Token <> held", "FALSE").replaceAll(',
    test: "test/store/postgresql-log.test.ts",
  },
  {
    rule: "R84",
    name: "a drop is decided by who has not read all rows",
    file: "site/links/drops.ts",
    find: "if (delta.sequence !== lastSequence || !this.#areSonsRegistered()) return [];",
    replace: "if (!this.#areSonsRegistered()) return [];",
    test: oneLog,
  },
  {
    rule: "R87",
    name: "a server in standby serves everything",
    file: "site/servers/site-member.ts",
    find: 'duty === "live" || (duty === "standby" && !isLive)',
    replace: 'duty !== "backup" || (duty === "standby" && !isLive)',
    test: duties,
  },
  {
    rule: "R88",
    name: "a client stays where it is sent away",
    file: "edge/server-list.ts",
    find: "this.#move(url, serverUrl(server), only);",
    replace: "this.#move(serverUrl(server), url, only);",
    test: serverList,
  },
  {
    rule: "R89",
    name: "all clients of a server that fails go to the same one",
    file: "edge/server-list.ts",
    find: "from[Math.floor(this.#random() * from.length)]",
    replace: "from[0]",
    test: serverList,
  },
  {
    rule: "R90",
    name: "a server starts whatever others run with",
    file: "site/servers/agreed-config.ts",
    find: "if (ours === undefined || ours === established) continue;",
    replace: 'if (ours === undefined || ours !== "") continue;',
    test: duties,
  },
];
