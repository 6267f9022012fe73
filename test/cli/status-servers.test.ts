import { expect, it } from "vitest";
import { databases, SomeServers, until } from "../site/servers/some-servers.js";
import { runHere } from "./command.js";

it("livedist status tells of each server of the site: what it does, who leads, and where it stands", async () => {
  const site = await SomeServers.start(databases[0]![1], 1, []);
  await site.startServer({ LiveDistServerRole: "standby" });
  const [live, standby] = site.urls as [string, string];
  const lines = async (): Promise<string[]> => {
    const { out } = await runHere("status", live);
    const told = out.split("\n").filter((line) => line.startsWith("  server "));
    return told.map((line) => line.replace(/\d+ s ago/, "now")).sort();
  };
  await until(async () => (await lines()).length === 2);
  expect(await lines()).toEqual(
    [
      `  server               ${live}: this one, live, master, 0 clients, sequence 0, last seen now`,
      `  server               ${standby}: standby, 0 clients, sequence 0, last seen now`,
    ].sort(),
  );
});
