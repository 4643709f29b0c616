import {
  createPipelineClient,
  type PipelineClient,
  PipelineError,
  type SendBytes,
} from "supabase-document-pipeline-client";
import { supabase } from "./project.ts";

let made: PipelineClient | undefined;
let loading: Promise<SendBytes> | undefined;

/** The pipeline for the signed-in user. In a file of its own, so that operators' screens do not load it. */
export function pipeline(): PipelineClient {
  return made ??= createPipelineClient(supabase, {
    sendLargeFile: async (...file) => await (await resumable())(...file),
  });
}

/** What sends large files is loaded with the first one: few uploads need it, and it is as large as the client itself. */
async function resumable(): Promise<SendBytes> {
  loading ??= import("supabase-document-pipeline-client/resumable").then((entry) => entry.resumableUploads());
  try {
    return await loading;
  } catch (cause) {
    loading = undefined;
    // The upload then waits for the network, and tries again.
    throw new PipelineError("network_error", "The script that sends large files could not be loaded.", { cause });
  }
}
