import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../../../dev/repository.ts";
import { axeFaults, fitsWidth } from "../../browser/accessibility.ts";
import { withBrowser } from "../../browser/browser.ts";
import { becomesTrue, consoleUrl, type OpenConsole, openConsole } from "./open_console.ts";
import { createPerson, type Person } from "./people.ts";

withBrowser();

const handbook = await Deno.readFile(`${REPOSITORY}/scripts/dev/demo/handbook.pdf`);
const encrypted = await Deno.readFile(`${REPOSITORY}/supabase/tests/e2e/fixtures/encrypted.pdf`);

/** The names of the screens in console/src/screens.ts. */
const source = readFileSync(`${REPOSITORY}/console/src/screens.ts`, "utf8");
const names = [...source.matchAll(/^ {2}(?:user|operators)\(\s*"(\w+)"/gm)].map(([, name]) => name);
/** Operators' screens are for both; a user's are in both languages. */
const users = [...source.matchAll(/^ {2}user\(\s*"(\w+)"/gm)].map(([, name]) => name);
/** Longer than a screen keeps still when nothing happens. */
const QUIET_MS = 3_000;
/** Parameters without which a screen asks nothing. */
const ASKING: Record<string, string> = { search: "?q=tools" };
const API = /\/(rest|functions)\/v1\//;

it("knows every screen", () => {
  expect(users.length).toBe(3);
  expect(names.length).toBe(16);
});

/** An operator who has a complete and a failed document. */
let operator: Person;
beforeAll(async () => {
  operator = await createPerson("operator");
  const given = [handbook, encrypted].map((bytes, n) =>
    operator.pipeline.upload(bytes, { filename: ["handbook.pdf", "locked.pdf"][n] })
  );
  const uploaded = await Promise.all(given);
  await Promise.allSettled(uploaded.map(({ documentId }) => operator.pipeline.waitUntilComplete(documentId)));
});

/** Waits until the screen shows what it has to show. */
async function settles({ page }: OpenConsole): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  await becomesTrue(page, "!document.querySelector('.loading')");
}

describe.each(names)("the screen %s", (name) => {
  it.each(["light", "dark"] as const)("is accessible in the %s appearance, wide and narrow", async (colorScheme) => {
    for (const width of [1200, 360]) {
      const open = await openConsole({ as: operator, at: `/${name}`, colorScheme, width });
      await settles(open);
      expect([width, await axeFaults(open.page)]).toEqual([width, []]);
      expect([width, await fitsWidth(open.page)]).toEqual([width, true]);
      expect(open.faults).toEqual([]);
    }
  });

  it("says so when the project cannot be reached, and recovers when asked", async () => {
    const open = await openConsole({ as: operator });
    await settles(open);
    await open.context.route(API, (route) => route.abort("connectionfailed"));
    await open.page.goto("about:blank");
    await open.page.goto(`${consoleUrl}#/${name}${ASKING[name] ?? ""}`);
    await open.page.locator("[role=alert]:not(:empty), .notice").first().waitFor();
    await open.context.unroute(API);
    await open.page.reload();
    await settles(open);
    expect(await open.page.locator("[role=alert] .notice").count()).toBe(0);
  });
});

it("asks nothing while it is hidden, on any screen", async () => {
  const asked = await Promise.all(names.map(async (name) => {
    const open = await openConsole({ as: operator, at: `/${name}` });
    await settles(open);
    // A subscription that has not begun would read once more, to catch up.
    if (name === "files") await open.page.getByText("Live", { exact: true }).waitFor();
    await hide(open);
    const asked: string[] = [];
    open.context.on("request", (request) => asked.push(`${name}: ${request.method()} ${request.url()}`));
    await open.page.waitForTimeout(QUIET_MS);
    return asked;
  }));
  expect(asked.flat()).toEqual([]);
});

/** As a browser says it to a page in a tab that is not shown. */
async function hide({ page }: OpenConsole): Promise<void> {
  await page.evaluate(() => {
    const shown = globalThis as unknown as { document: EventTarget };
    Object.defineProperty(shown.document, "visibilityState", { get: () => "hidden", configurable: true });
    Object.defineProperty(shown.document, "hidden", { get: () => true, configurable: true });
    shown.document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  });
  // What was under way ends.
  await page.waitForTimeout(1_500);
}

describe.each(users)("the user's screen %s in German", (name) => {
  it("has no English text of its own", async () => {
    const person = await createPerson();
    const texts = async (locale: string) => {
      const open = await openConsole({ as: person, at: `/${name}`, locale });
      await settles(open);
      const fields = await open.page.locator("main input, main textarea").all();
      const inputs = await Promise.all(
        fields.flatMap((field) =>
          ["placeholder", "aria-label"].map(async (name) => await field.getAttribute(name) ?? "")
        ),
      );
      return `${await open.page.locator("main").innerText()}\n${inputs.join("\n")}`.split("\n");
    };
    const [english, german] = await Promise.all([texts("en-GB"), texts("de-DE")]);
    const sentences = english.filter((line) => /[a-z]{3,} [a-z]{2,} [a-z]{2,}/i.test(line));
    expect(german.filter((line) => sentences.includes(line))).toEqual([]);
  });
});
