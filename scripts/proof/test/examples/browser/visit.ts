import type { Page } from "playwright-core";
import type { TestStack } from "../../../../platform/test_stack/test_stack.ts";
import { fromEnvironment, openWindow, type Window } from "../../browser/browser.ts";
import type { ExampleApp } from "../example_app.ts";

/** The examples that `npm test -- examples` serves for this process. */
export const apps: ExampleApp[] = fromEnvironment("EXAMPLES", "examples");

/** The stack that the examples use. */
export const stack: TestStack = fromEnvironment("TEST_STACKS", "examples")[0];

/** A user's browser window with an example. */
export interface Visit extends Window {
  page: Page;
}

export interface VisitOptions {
  colorScheme?: "light" | "dark";
  width?: number;
}

/** Opens an example as a new person would: without cookies and stored files. Closes it after the test. */
export async function visit(
  app: ExampleApp,
  { colorScheme = "light", width = 1000 }: VisitOptions = {},
): Promise<Visit> {
  const window = await openWindow({ colorScheme, viewport: { width, height: 900 } });
  const page = await window.context.newPage();
  await page.goto(app.url);
  return { page, ...window };
}
