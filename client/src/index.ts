export type { AccountClient, SignUpOptions } from "./account.ts";
export type * from "./answers.ts";
export type { LiveHandlers, LiveState, LiveSubscription } from "./live.ts";
export type { Database, Json } from "./database.types.ts";
export type { ErrorCode, KnownClientCode } from "./error_codes.ts";
export {
  type AnySupabaseClient,
  createPipelineClient,
  type DownloadOptions,
  type JobListOptions,
  type ListOptions,
  type PipelineClient,
  type ReparseOptions,
  type SearchOptions,
} from "./pipeline_client.ts";
export { PipelineError } from "./pipeline_error.ts";
export type { SendBytes, UploadProgress } from "./put_bytes.ts";
export type { UploadWays } from "./send_file.ts";
export type { Uploaded, UploadOptions } from "./upload.ts";
export type {
  BatchItem,
  BatchOutcome,
  BatchSnapshot,
  TaskProgress,
  UploadAllOptions,
  UploadBatch,
  UploadSnapshot,
  UploadState,
  UploadTask,
  UploadTaskOptions,
  UploadWait,
} from "./upload_task.ts";
export * from "./vocabulary.ts";
export type { WaitOptions } from "./wait.ts";
