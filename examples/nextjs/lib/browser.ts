import { createBrowserClient } from "@supabase/ssr";
import { createPipelineClient } from "supabase-document-pipeline-client";
import { createTexts, english } from "supabase-document-pipeline-client/texts";

export const supabase = createBrowserClient(
  process.env.NEXT_PUBLIC_SUPABASE_URL!,
  process.env.NEXT_PUBLIC_SUPABASE_PUBLISHABLE_KEY!,
);
export const pipeline = createPipelineClient(supabase);
export const texts = createTexts(english);
