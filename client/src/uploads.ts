import type { SupabaseClient } from "@supabase/supabase-js";
import type { Limits } from "./answers.ts";
import { ask } from "./call_api.ts";
import type { PipelineClient } from "./pipeline_client.ts";
import { register } from "./register.ts";
import { createTask, type RetryPolicy, type TaskContext } from "./run_upload.ts";
import { createSameFile } from "./same_file.ts";
import type { UploadWays } from "./send_file.ts";
import { createSlots } from "./slots.ts";
import { upload } from "./upload.ts";
import { startBatch } from "./upload_batch.ts";

/** About two minutes of attempts in a row without progress. */
const RETRY_POLICY: RetryPolicy = {
  delaysMs: [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000],
  longestDelaySeconds: 60,
  waitsForNetwork: true,
};

/** The client's methods that upload, and what they learn from. */
export function uploadsOf(
  supabase: SupabaseClient,
  ways: UploadWays,
): Pick<PipelineClient, "upload" | "startUpload" | "uploadAll" | "limits"> {
  let maxFileBytes: number | null = null;

  const limits: PipelineClient["limits"] = async ({ signal } = {}) => {
    const limits = await ask<Limits>(supabase, "upload/limits", { method: "GET", signal });
    maxFileBytes = limits.max_file_bytes;
    return limits;
  };

  const context: TaskContext = {
    supabase,
    ways,
    sameFile: createSameFile(),
    retryPolicy: RETRY_POLICY,
    maxFileBytes: () => maxFileBytes,
    askMaxFileBytes: async () => (await limits()).max_file_bytes,
    register: (announcement, session) => register(supabase, announcement, session),
    hashing: createSlots(1),
    sending: createSlots(Infinity),
  };

  return {
    upload: (file, options = {}) => upload(context, file, options),
    startUpload: (file, options = {}) => createTask(context, file, options),
    uploadAll: (files, options = {}) => startBatch(context, files, options),
    limits,
  };
}
