import { describe, expect, it } from "vitest";
import { PermissionError } from "../../src/base/errors.js";
import { newTechId } from "../../src/base/guid.js";
import { startLiveDist } from "../../src/console/start-with-console.js";
import { afterThis, schema } from "../support/one-site.js";
import { barriers } from "./accessibility.js";
import { noBrowser, openPage, useBrowser } from "./browser.js";
import { type ConsoleSite, follow, startConsoleSite, takeAll } from "./console-site.js";

useBrowser();

/** Lets so many edges without registration wait for deltas, each in a poll of its own. */
async function waitingEdges({ server, store }: ConsoleSite, count: number): Promise<{ end: () => Promise<void> }> {
  const { epoch, lastSequence: sequence } = await store.log.bounds();
  const asked = { service: "FetchDeltas", clientId: "c1", tracking: "none", topicsSlice: "A", waitMsMax: 60_000 };
  const body = JSON.stringify({ ...asked, position: { epoch, sequence } });
  const polls = Array.from({ length: count }, async () => {
    const headers = { "Content-Type": "application/json" };
    const response = await fetch(`${server.url}/LiveDist1/Delta.config`, { method: "POST", headers, body });
    await response.arrayBuffer();
  });
  return {
    end: () =>
      server
        .close()
        .then(() => Promise.allSettled(polls))
        .then(() => undefined),
  };
}

describe.skipIf(noBrowser !== undefined)(
  `the screens of the console${noBrowser ? `: skipped, ${noBrowser}` : ""}`,
  () => {
    it("show the site, its charts, and what is wrong", async () => {
      const site = await startConsoleSite();
      await site.add("A", ["x"]);
      const { page, errors } = await openPage(site.url, "dark");
      await page
        .getByRole("list", { name: "Tree of sites and proxies" })
        .getByText("center", { exact: true })
        .waitFor();
      await page.getByRole("img", { name: /^Deltas per second: now/ }).waitFor();
      await page.getByText("Nothing is wrong that this server knows of.").waitFor();
      await site.store.clients.disable("c2");
      await page.getByText("the client c2 is disabled").waitFor();
      expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).toBe("rgb(20, 23, 28)");
      expect(errors).toEqual([]);
    });

    it("show the servers of the site, which of them is missing, and lead from one to another", async () => {
      const beatMs = 200;
      const site = await startConsoleSite(["c1"], { beatMs });
      const { store, entities: reader } = site;
      const config = { LiveDistPort: "0" };
      const other = await startLiveDist({ config, schema, store, reader, beatMs, environment: {} });
      afterThis(() => other.close());
      const entry = { serverId: newTechId(), url: "http://127.0.0.1:9", duty: "standby", kind: "both" } as const;
      const lease = { mayLead: false, leaseMs: 60_000, forgetMs: 60_000 };
      await store.servers.beat({ ...entry, clients: 0, sequence: 0, agreed: "" }, lease);
      const { page, errors } = await openPage(site.url);
      const rows = page.locator("section", { hasText: "Servers of this site" }).locator("tbody tr");
      await rows
        .filter({ hasText: `${site.server.url} (this one)` })
        .filter({ hasText: "live, master" })
        .waitFor();
      await rows.filter({ hasText: entry.url }).filter({ hasText: "standby" }).waitFor();
      await page.getByText(`the server ${entry.url} has not been heard of`).waitFor();
      await rows.filter({ hasText: other.url }).getByRole("link").click();
      await rows.filter({ hasText: `${other.url} (this one)` }).waitFor();
      expect(page.url()).toBe(`${other.url}/LiveDist1/`);
      expect(errors).toEqual([]);
    });

    it("show a load while it is sent, and how far it is", async () => {
      const site = await startConsoleSite();
      await site.add(
        "A",
        Array.from({ length: 500 }, (_, at) => `${at} ${"x".repeat(50_000)}`),
      );
      const { page } = await openPage(`${site.url}#/loads`);
      await page.getByText("Nothing is being loaded now.").waitFor();
      const load = await site.edge("c1", "transition").fullLoad("A");
      const bar = page.getByRole("progressbar", { name: "entities sent" });
      await bar.waitFor();
      expect(await bar.getAttribute("max")).toBe("500");
      await takeAll(load);
      await page.getByText("Nothing is being loaded now.").waitFor();
    });

    it("show the deltas of a slice as they come, and say where the slice is wrong", async () => {
      const site = await startConsoleSite();
      const { page } = await openPage(`${site.url}#/deltas`);
      const field = page.getByLabel("Topics-slice");
      await field.fill("A+!B");
      await field.press("Enter");
      await page.getByRole("alert").filter({ hasText: "column 3" }).waitFor();
      await field.fill("A*!B");
      await field.press("Enter");
      await site.add("A B", ["hidden"]);
      const [techId] = await site.add("A", ["shown"]);
      await page.getByRole("link", { name: techId! }).waitFor();
      expect(await page.locator("tbody tr").count()).toBe(1);
    });

    it("examine a slice as it is typed, and mark the character that is wrong", async () => {
      const site = await startConsoleSite();
      await site.add("A", ["x", "y"]);
      await site.add("B", ["z"]);
      const { page, errors } = await openPage(`${site.url}#/slice`);
      await page.getByLabel("Topics-slice").fill("A+B");
      await page.getByText("It selects 3 entities").waitFor();
      await page.getByLabel("Slice before").fill("A");
      await page.getByText("Changing to it from A would load 1 entity and drop 0 entities.").waitFor();
      expect(errors).toEqual([]);
      await page.getByLabel("Topics-slice").fill("A+)B");
      await page.getByRole("alert").filter({ hasText: "column 3" }).waitFor();
      expect(await page.locator("mark").innerText()).toBe(")");
    });

    it("explain why a client holds an entity, by the keyboard alone", async () => {
      const site = await startConsoleSite();
      await follow(site.edge("c1", "registration"), "A*!V");
      const [techId] = await site.add("A", ["x"]);
      const { page, errors } = await openPage(`${site.url}#/why?techId=${techId!}`);
      await page.getByRole("button", { name: "c1" }).focus();
      await page.keyboard.press("Enter");
      await page.getByText("c1 holds it and is current: its slice selects it").waitFor();
      expect(await page.locator(".terms").innerText()).toContain("✓ A ← decides");
      expect(await page.getByRole("region", { name: /what the client was given/ }).innerText()).toContain("as it is");
      expect(await page.getByRole("region", { name: "Along the links" }).innerText()).toContain("the latest version");
      await page.getByLabel("Tech-id").fill("nothing");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: "a tech-id is a GUID" }).waitFor();
      expect(errors.filter((text) => !text.includes("400"))).toEqual([]);
    });

    it("list a thousand edges, and go on being current", async () => {
      const site = await startConsoleSite();
      const edges = await waitingEdges(site, 1_000);
      const { page } = await openPage(`${site.url}#/clients`);
      await page.locator("#strip div", { hasText: "edges" }).getByText("1,000").waitFor();
      const rows = page.getByRole("region", { name: /Streams and waiting polls/ }).locator("tbody tr");
      await page.waitForFunction(() => document.querySelectorAll("tbody")[1]!.rows.length === 1_000);
      expect(await rows.count()).toBe(1_000);
      // The page still reacts: a change of the table is seen, and another screen is there when it is asked for.
      await site.store.clients.disable("c2");
      await page.locator("tr", { hasText: "c2" }).locator(".state", { hasText: "disabled" }).waitFor();
      await page.getByRole("link", { name: "Loads" }).click();
      await page.getByRole("heading", { name: "Loads" }).waitFor();
      await edges.end();
    });

    it("ask for the token that the permit wants", async () => {
      const permit = {
        check: ({ service, credentials }: { service: string; credentials: string | undefined }) => {
          if (service === "Administer" && credentials !== "secret") throw new PermissionError("a token is wanted");
        },
      };
      const site = await startConsoleSite(["c1"], { permit });
      expect((await fetch(`${site.url}console/v1/clients`)).status).toBe(403);
      const { page } = await openPage(site.url);
      await page.getByRole("textbox", { name: "Token" }).waitFor();
      expect(await barriers(page)).toEqual([]);
      await page.getByRole("textbox", { name: "Token" }).fill("secret");
      await page.keyboard.press("Enter");
      await page.getByText("Nothing is wrong that this server knows of.").waitFor();
    });
  },
);
