import { describe, expect, it } from "vitest";
import { LiveDistError, PermissionError, RedirectError } from "../../src/base/errors.js";
import { PEERS_MAX, REDIRECTS_MAX } from "../../src/base/limits.js";
import { ServerList } from "../../src/edge/server-list.js";
import type { ServerRole } from "../../src/wire/requests.js";
import { networkError } from "./scripted-client.js";
import { expectCode } from "./expect-code.js";

/** Of the other servers, the one that stands next in the list. */
const first = (): number => 0;

/** Gives the servers that are asked, where those in `down` fail. */
async function asked(
  list: ServerList,
  down: Record<string, Error> = {},
  role: ServerRole = "delta",
): Promise<string[]> {
  const urls: string[] = [];
  const asking = list.ask(role, (url) => {
    urls.push(url);
    return down[url] ? Promise.reject(down[url]) : Promise.resolve(url);
  });
  await asking.catch((error: unknown) => expect(Object.values(down)).toContain(error));
  return urls;
}

describe("ServerList", () => {
  it("asks the server that served last, and after a failure the next one", async () => {
    const list = new ServerList(["http://a:1", "http://b:2/", "https://c/site/"], first);
    expect(await asked(list)).toEqual(["http://a:1"]);
    expect(await asked(list, { "http://a:1": networkError() })).toEqual(["http://a:1", "http://b:2"]);
    expect(await asked(list)).toEqual(["http://b:2"]);
    expect(await asked(list, { "http://b:2": new LiveDistError("Closed", "restarting") })).toEqual([
      "http://b:2",
      "https://c/site",
    ]);
    expect(await asked(list, { "https://c/site": networkError() })).toEqual(["https://c/site", "http://a:1"]);
  });

  it("asks each once, and rejects with the last failure where all fail", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"], first);
    const last = networkError();
    expect(await asked(list, { "http://a:1": networkError(), "http://b:2": last })).toEqual([
      "http://a:1",
      "http://b:2",
    ]);
    await expect(list.ask("delta", (url) => Promise.reject(url === "http://b:2" ? last : networkError()))).rejects.toBe(
      last,
    );
  });

  it("takes the answer of a server for an answer, be it an error", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"], first);
    expect(await asked(list, { "http://a:1": new PermissionError("no") })).toEqual(["http://a:1"]);
  });

  it("asks no further once the signal has aborted", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"], first);
    let count = 0;
    await expectCode(
      list.ask("delta", () => Promise.reject(networkError(++count)), AbortSignal.abort()),
      "Network",
    );
    expect(count).toBe(1);
  });

  it("leaves a server once, however many requests failed there", async () => {
    const list = new ServerList(["http://a:1", "http://b:2", "http://c:3"], first);
    list.leave("http://a:1");
    list.leave("http://a:1");
    expect(await asked(list)).toEqual(["http://b:2"]);
  });

  it("reads a node without scheme as the guide does", async () => {
    expect(await asked(new ServerList(["node"], first))).toEqual(["http://node:8080"]);
    expect(await asked(new ServerList(["node:90"], first))).toEqual(["http://node:90"]);
  });

  it("refuses what is no address of a server", () => {
    const wrong = [
      "",
      "ftp://a",
      "http://",
      "http://a b",
      "http://a/?x=1",
      "http://a/#x",
      "http://me:secret@a",
      "http://a:99999",
      "a/b?c",
    ];
    for (const url of wrong) {
      expect(() => new ServerList([url], first), url).toThrow(expect.objectContaining({ code: "Config" }));
    }
    expect(() => new ServerList([], first)).toThrow(expect.objectContaining({ code: "Config" }));
    const many = Array.from({ length: PEERS_MAX + 1 }, () => "http://a");
    expect(() => new ServerList(many)).toThrow(expect.objectContaining({ code: "Limit" }));
  });

  it("R89: spreads over the other servers where one fails", async () => {
    const servers = ["http://a:1", "http://b:2", "http://c:3"];
    const second = [0.1, 0.4, 0.6, 0.9].map(async (random) => {
      const list = new ServerList(servers, () => random);
      return (await asked(list, { "http://a:1": networkError() })).at(-1);
    });
    expect(await Promise.all(second)).toEqual(["http://b:2", "http://b:2", "http://c:3", "http://c:3"]);
  });

  it("R21: takes a command for unanswered that the next server says is stale, but not one that the first refuses", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"], first);
    const stale = new LiveDistError("StaleCommand", "command 2 of the client c comes after 2");
    const lost = networkError();
    const ask = (failures: Record<string, Error>): Promise<string> =>
      list.ask("delta", (url) => Promise.reject(failures[url]!));
    await expect(ask({ "http://a:1": lost, "http://b:2": stale })).rejects.toBe(lost);
    await expect(ask({ "http://b:2": stale })).rejects.toBe(stale);
    const sent = new RedirectError("it has fewer clients", "http://a:1");
    await expect(ask({ "http://b:2": sent, "http://a:1": stale })).rejects.toBe(stale);
  });

  it("R88: goes where it is sent, stays there, and comes back where that fails", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"], first);
    const sent = { "http://a:1": new RedirectError("too many here", "http://c:3") };
    expect(await asked(list, sent)).toEqual(["http://a:1", "http://c:3"]);
    expect(await asked(list, sent)).toEqual(["http://c:3"]);
    expect(await asked(list, { "http://c:3": networkError() })).toEqual(["http://c:3", "http://a:1"]);
  });

  it("R91: learns which of the servers is the cache server alone, and finds another one where it fails", async () => {
    const list = new ServerList(["http://d:1"], first);
    const down: Record<string, Error> = { "http://d:1": new RedirectError("", "http://c:2", "cache") };
    expect(await asked(list, down, "cache")).toEqual(["http://d:1", "http://c:2"]);
    expect(await asked(list, down, "cache")).toEqual(["http://c:2"]);
    expect(await asked(list)).toEqual(["http://d:1"]);
    const other = { "http://c:2": networkError(), "http://d:1": new RedirectError("", "http://c:3", "cache") };
    expect(await asked(list, other, "cache")).toEqual(["http://c:2", "http://d:1", "http://c:3"]);
  });

  it("R91: tries the servers that it was given where one knows none of the other kind", async () => {
    const list = new ServerList(["http://d:1", "http://c:2"], first);
    const down = { "http://d:1": new LiveDistError("NotServed", "") };
    expect(await asked(list, down, "cache")).toEqual(["http://d:1", "http://c:2"]);
    expect(await asked(list)).toEqual(["http://c:2"]);
  });

  it("R88: is not sent round for ever, nor to what is no address", async () => {
    const list = new ServerList(["http://a:1", "http://b:2"], first);
    const round = {
      "http://a:1": new RedirectError("", "http://b:2"),
      "http://b:2": new RedirectError("", "http://a:1"),
    };
    expect(await asked(list, round)).toHaveLength(REDIRECTS_MAX + 1);
    const nowhere = { "http://a:1": new RedirectError("", "no such thing:"), "http://b:2": new RedirectError("", "") };
    expect((await asked(new ServerList(["http://a:1", "http://b:2"], first), nowhere)).length).toBeLessThan(4);
  });
});
