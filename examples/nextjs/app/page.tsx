import { cookies } from "next/headers";
import { createPipelineClient } from "supabase-document-pipeline-client";
import { supabaseWith } from "../lib/server";
import { SignIn } from "./sign_in";
import { Workspace } from "./workspace";

export default async function Page({ searchParams }: PageProps<"/">) {
  const store = await cookies();
  const supabase = supabaseWith({ getAll: () => store.getAll() });
  const { data } = await supabase.auth.getUser();
  if (!data.user) return <SignIn hasEnded={"ended" in await searchParams} />;
  const { documents } = await createPipelineClient(supabase).documents();
  return <Workspace key={data.user.id} email={data.user.email} first={documents} />;
}
