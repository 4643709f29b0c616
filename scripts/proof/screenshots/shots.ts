import type { Page } from "playwright-core";
import type { Filled } from "./fill.ts";

/** One picture: a screen as a person sees it. */
export interface Shot {
  /** The file's name, without the appearance. */
  name: string;
  /** Who is signed in. A newcomer has no documents. */
  as: "user" | "newcomer" | "operator" | "none";
  /** The address after the `#`. */
  at: string | ((filled: Filled) => string);
  /** The project cannot be reached, or has not answered yet. */
  network?: "fails" | "waits";
  /** What is done before the picture is taken. */
  prepare?(page: Page, filled: Filled): Promise<void>;
}

const operator = (name: string, at: Shot["at"] = `/${name}`): Shot => ({ name, as: "operator", at });

export const SHOTS: Shot[] = [
  { name: "sign-in", as: "none", at: "" },
  { name: "files", as: "user", at: "/files" },
  { name: "files-empty", as: "newcomer", at: "/files" },
  { name: "files-failing", as: "user", at: "/files", network: "fails" },
  { name: "file", as: "user", at: ({ completeId }) => `/files/${completeId}` },
  { name: "file-failed", as: "user", at: ({ failedId }) => `/files/${failedId}` },
  {
    name: "search",
    as: "user",
    at: "/search?q=How%20much%20is%20charged%20for%20tools%20returned%20late%3F",
    async prepare(page) {
      await page.locator("mark").first().waitFor();
    },
  },
  {
    name: "search-page",
    as: "user",
    at: "/search?q=How%20much%20is%20charged%20for%20tools%20returned%20late%3F",
    async prepare(page) {
      await page.getByRole("button", { name: "Show page" }).first().click();
      await page.locator(".page mark").first().waitFor();
    },
  },
  { name: "account", as: "user", at: "/account" },
  operator("overview"),
  { ...operator("overview-failing", "/overview"), network: "fails" },
  { ...operator("overview-loading", "/overview"), network: "waits" },
  operator("documents"),
  operator("document", ({ failedId }) => `/documents/${failedId}`),
  operator("failures"),
  operator("alerts"),
  operator("stages"),
  operator("providers"),
  operator("webhooks"),
  operator("playground"),
  operator("costs"),
  operator("limits"),
  operator("schedules"),
  operator("tables"),
  operator("audit"),
];
