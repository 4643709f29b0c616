import type { Session as AuthSession } from "@supabase/supabase-js";
import { useEffect, useState } from "preact/hooks";
import { supabase } from "./project.ts";
import { queries } from "./queries.ts";

/** What a user may do here: `viewer` reads the operators' screens, `operator` also acts on them. */
export type Role = "user" | "viewer" | "operator";

export interface Session {
  userId: string;
  email: string;
  role: Role;
}

/** Undefined until the stored session has been read; null while no user is signed in. */
export type SessionState = Session | null | undefined;

/** The signed-in user; the database decides again at each call what the role is worth. */
export function useSession(): SessionState {
  const [session, setSession] = useState<SessionState>();
  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      if (event === "SIGNED_OUT") queries.clear();
      setSession((before) => {
        const next = session && describe(session);
        const isSame = before && next && before.userId === next.userId && before.role === next.role;
        return isSame ? before : next;
      });
    });
    return () => data.subscription.unsubscribe();
  }, []);
  return session;
}

function describe({ user }: AuthSession): Session {
  const role = user.app_metadata?.pipeline_role;
  return { userId: user.id, email: user.email ?? "", role: role === "viewer" || role === "operator" ? role : "user" };
}
