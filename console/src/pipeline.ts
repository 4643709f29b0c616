import { createPipelineClient, type PipelineClient } from "supabase-document-pipeline-client";
import { resumableUploads } from "supabase-document-pipeline-client/resumable";
import { supabase } from "./project.ts";

let made: PipelineClient | undefined;

/** The pipeline for the signed-in user. In a file of its own, so that operators' screens do not load it. */
export function pipeline(): PipelineClient {
  return made ??= createPipelineClient(supabase, { sendLargeFile: resumableUploads() });
}
