"use client";

export { PipelineProvider, usePipeline } from "./provider.ts";
export { type OneDocument, useDocument } from "./use_document.ts";
export { type Documents, type DocumentsOptions, useDocuments } from "./use_documents.ts";
export { type Search, useSearch } from "./use_search.ts";
export { type Uploads, useUpload } from "./use_upload.ts";
