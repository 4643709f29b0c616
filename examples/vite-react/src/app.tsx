import type { Session } from "@supabase/supabase-js";
import { useEffect, useRef, useState } from "react";
import { Documents } from "./documents.tsx";
import { supabase } from "./pipeline.ts";
import { Search } from "./search.tsx";
import { SignIn } from "./sign_in.tsx";
import { Uploads } from "./uploads.tsx";

export function App() {
  // Undefined until the stored session has been read.
  const [session, setSession] = useState<Session | null>();
  const [notice, setNotice] = useState("");
  const isLeaving = useRef(false);

  useEffect(() => {
    const { data } = supabase.auth.onAuthStateChange((event, session) => {
      if (event === "SIGNED_OUT") setNotice(isLeaving.current ? "" : "Your session has ended. Please sign in again.");
      isLeaving.current = false;
      setSession(session);
    });
    return () => data.subscription.unsubscribe();
  }, []);

  const signOut = () => {
    isLeaving.current = true;
    void supabase.auth.signOut();
  };

  if (session === undefined) return null;
  if (session === null) return <SignIn key={notice} notice={notice} />;
  return (
    <main key={session.user.id}>
      <header className="row">
        <h1>Documents</h1>
        <span>{session.user.email}</span>
        <button onClick={signOut}>Sign out</button>
      </header>
      <Uploads />
      <Documents />
      <Search />
    </main>
  );
}
