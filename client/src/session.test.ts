import { AuthRetryableFetchError, createClient, type SupabaseClient } from "@supabase/supabase-js";
import { describe, expect, it } from "vitest";
import { PipelineError } from "./pipeline_error.ts";
import { onUser, renewSession, sessionOf } from "./session.ts";
import { FakeProject, signIn } from "./testing/fake_project.ts";

const REFUSED = new PipelineError("unauthorized", "No.", { status: 401 });
const SESSION = { user: { id: "user-1" }, access_token: "t" };

function withAuth(auth: Record<string, unknown>): SupabaseClient {
  return { auth } as unknown as SupabaseClient;
}

/** A client whose sessions are kept elsewhere. */
function withAccessToken(): SupabaseClient {
  return createClient("http://127.0.0.1:9", "key", { accessToken: () => Promise.resolve("t") });
}

describe("a session", () => {
  it("is unknown when nobody is signed in, and when another service keeps it", async () => {
    expect(await sessionOf(withAuth({ getSession: () => ({ data: { session: null }, error: null }) }))).toBeNull();
    expect(await sessionOf(withAccessToken())).toBeNull();
  });

  it("is a network error when it ran out and the sign-in service cannot be reached", async () => {
    const error = new AuthRetryableFetchError("down", 503);
    const supabase = withAuth({ getSession: () => ({ data: { session: null }, error }) });
    await expect(sessionOf(supabase)).rejects.toMatchObject({ code: "network_error" });
  });

  it("that cannot be renewed is a network error when the sign-in service cannot be reached, else expired", async () => {
    const getSession = () => ({ data: { session: SESSION }, error: null });
    const failing = (error: Error) =>
      withAuth({ getSession, refreshSession: () => ({ data: { session: null }, error }) });
    await expect(renewSession(failing(new AuthRetryableFetchError("down", 503)), REFUSED))
      .rejects.toMatchObject({ code: "network_error", isTransient: true });
    await expect(renewSession(failing(new Error("Refresh Token Not Found")), REFUSED))
      .rejects.toMatchObject({ code: "session_expired", status: 401, isTransient: false });
  });

  it("that another service keeps is not renewed: the refusal stands", async () => {
    await expect(renewSession(withAccessToken(), REFUSED)).rejects.toBe(REFUSED);
  });
});

describe("the user", () => {
  it("is reported once, and whenever it changes", async () => {
    await using project = new FakeProject();
    const supabase = project.supabase();
    const users: (string | null)[] = [];
    const stop = onUser(supabase, (id) => users.push(id));
    await expect.poll(() => users).toEqual([null]);
    await signIn(supabase, "user-1");
    await supabase.auth.refreshSession();
    await signIn(supabase, "user-2");
    await supabase.auth.signOut();
    expect(users).toEqual([null, "user-1", "user-2", null]);
    stop();
    await signIn(supabase, "user-1");
    expect(users).toHaveLength(4);
  });

  it("is one and the same when another service keeps the sessions", async () => {
    const users: (string | null)[] = [];
    onUser(withAccessToken(), (id) => users.push(id));
    onUser(withAccessToken(), (id) => users.push(id))();
    await expect.poll(() => users).toEqual(["unknown"]);
  });
});
