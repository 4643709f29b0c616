import { beforeEach, expect, it, vi } from "vitest";

const exchangeCodeForSession = vi.hoisted(() => vi.fn());
vi.mock("./project.ts", () => ({ supabase: { auth: { exchangeCodeForSession } } }));
const replaceState = vi.fn();
Object.defineProperty(globalThis, "history", { value: { replaceState }, configurable: true });

/** Opens the page at an address, and returns what `useArrival` would. */
async function arriveAt(search: string, hash = "") {
  Object.defineProperty(globalThis, "location", { value: { pathname: "/", search, hash }, configurable: true });
  vi.resetModules();
  const { currentArrival, readArrival } = await import("./arrival.ts");
  await readArrival();
  return currentArrival();
}

beforeEach(() => {
  vi.clearAllMocks();
  exchangeCodeForSession.mockResolvedValue({ data: { redirectType: "recovery" }, error: null });
});

it("removes a code from the address before it is used", async () => {
  exchangeCodeForSession.mockImplementation(() => {
    expect(replaceState).toHaveBeenCalledWith(null, "", "/");
    return Promise.resolve({ data: { redirectType: "recovery" }, error: null });
  });
  expect(await arriveAt("?code=c0de")).toEqual({ kind: "recovery" });
  expect(exchangeCodeForSession).toHaveBeenCalledExactlyOnceWith("c0de");
});

it("brings nothing to show when the link confirmed an address in the browser that asked for it", async () => {
  exchangeCodeForSession.mockResolvedValue({ data: { redirectType: null }, error: null });
  expect(await arriveAt("?code=c0de")).toBeUndefined();
});

it("shows the error when the code does not belong to this browser", async () => {
  const error = { code: "pkce_code_verifier_not_found" };
  exchangeCodeForSession.mockResolvedValue({ data: {}, error });
  expect(await arriveAt("?code=c0de")).toEqual({ kind: "error", error });
});

it("removes a token, and never uses it", async () => {
  expect(await arriveAt("", "#access_token=t&refresh_token=r&type=signup")).toEqual({ kind: "confirmed" });
  expect(replaceState).toHaveBeenCalledWith(null, "", "/");
  expect(exchangeCodeForSession).not.toHaveBeenCalled();
});

it("names the fault of a link that is too old", async () => {
  const hash = "#error=access_denied&error_code=otp_expired&error_description=x";
  expect(await arriveAt("", hash)).toEqual({ kind: "error", error: { code: "otp_expired" } });
});

it("leaves the filters of a screen alone when one of them is named code", async () => {
  expect(await arriveAt("", "#/documents?state=deadletter&code=PDF_IS_BROKEN")).toBeUndefined();
  expect(replaceState).not.toHaveBeenCalled();
});
