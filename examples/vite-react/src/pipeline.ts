import { createClient } from "@supabase/supabase-js";
import { createPipelineClient } from "supabase-document-pipeline-client";
import { createTexts, english } from "supabase-document-pipeline-client/texts";

export const supabase = createClient(import.meta.env.VITE_SUPABASE_URL, import.meta.env.VITE_SUPABASE_PUBLISHABLE_KEY);
export const pipeline = createPipelineClient(supabase);
export const texts = createTexts(english);
