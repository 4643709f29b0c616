import type { Session as AuthSession } from "@supabase/supabase-js";
import { useEffect, useRef, useState } from "preact/hooks";
import { claimsOf } from "./access_token.ts";
import { noteEnd, setFarewell } from "./farewell.ts";
import { supabase } from "./project.ts";
import { queries } from "./queries.ts";

/** What a user may do here: `viewer` reads the operators' screens, `operator` also acts on them. */
export type Role = "user" | "viewer" | "operator";

export interface Session {
  userId: string;
  email: string;
  role: Role;
  /** The account has a second factor, which this session has not proved. */
  needsSecondFactor: boolean;
}

/** Undefined until the stored session has been read; null while no user is signed in. */
export type SessionState = Session | null | undefined;

/** The signed-in user; the database decides again at each call what the role is worth. */
export function useSession(): SessionState {
  const [session, setSession] = useState<SessionState>();
  const last = useRef<Session | null>(null);
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      const before = last.current;
      const next = last.current = session && describe(session);
      // Another user may sign in elsewhere in this browser, without a sign-out in between.
      if (before && before.userId !== next?.userId) queries.clear();
      if (event === "SIGNED_OUT") noteEnd();
      if (!before && next) setFarewell(undefined);
      if (!before || !next || !isSame(before, next)) setSession(next);
    });
    return () => data.subscription.unsubscribe();
  }, []);
  return session;
}

function isSame(one: Session, other: Session): boolean {
  return (Object.keys(one) as (keyof Session)[]).every((name) => one[name] === other[name]);
}

function describe({ user, access_token }: AuthSession): Session {
  const role = user.app_metadata?.pipeline_role;
  const hasFactor = user.factors?.some(({ status }) => status === "verified") ?? false;
  return {
    userId: user.id,
    email: user.email ?? "",
    role: role === "viewer" || role === "operator" ? role : "user",
    needsSecondFactor: hasFactor && claimsOf(access_token).aal !== "aal2",
  };
}
