import { describe, expect, it } from "vitest";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { openWindow, withBrowser } from "../../browser/browser.ts";
import { consoleUrl, stack } from "./open_console.ts";

withBrowser();

async function openReference({ width = 1200, colorScheme = "light" as "light" | "dark", hash = "" } = {}) {
  const window = await openWindow({ colorScheme, viewport: { width, height: 900 } });
  const page = await window.context.newPage();
  await page.goto(`${consoleUrl}reference.html${hash}`);
  await page.getByRole("heading", { level: 1, name: "API reference" }).waitFor();
  return { page, ...window };
}

describe("the API reference", () => {
  it("shows every route of the project's own description", async () => {
    const { page, faults } = await openReference();
    const answer = await page.request.get(`${stack.url}/functions/v1/api/openapi.json`);
    const { paths } = await answer.json() as { paths: Record<string, Record<string, { operationId: string }>> };
    const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect(ids.length).toBeGreaterThan(20);
    for (const id of ids) expect([id, await page.locator(`article#${id}`).count()]).toEqual([id, 1]);
    expect(faults).toEqual([]);
  });

  it("leads to what its address names", async () => {
    const { page } = await openReference({ hash: "#search" });
    const { y } = (await page.locator("article#search").boundingBox())!;
    expect(y).toBeGreaterThan(-50);
    expect(y).toBeLessThan(200);
    await page.locator("article#search").getByRole("link", { name: "SearchResult" }).first().click();
    expect(await page.evaluate("location.hash")).toBe("#body-SearchResult");
  });

  it("finds routes by words and codes", async () => {
    const { page } = await openReference();
    await page.getByLabel("Find routes").fill("post search passages");
    const links = page.getByRole("navigation", { name: "Routes" }).getByRole("link");
    await page.getByText("1 of").waitFor();
    expect(await links.allInnerTexts()).toEqual([expect.stringContaining("/search")]);
    await page.getByLabel("Find routes").fill("nothing has these");
    await page.getByText("No route has these words.").waitFor();
  });

  it.each([{ colorScheme: "light" as const }, { colorScheme: "dark" as const }, { width: 360 }])(
    "has no serious finding of axe in %o",
    async (options) => {
      const { page } = await openReference(options);
      await page.evaluate("document.querySelectorAll('details').forEach((one) => one.open = true)");
      expect(await axeFaults(page)).toEqual([]);
      expect(await fitsWidth(page)).toBe(true);
    },
  );
});
