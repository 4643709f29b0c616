import { defineConfig } from "vite";
import { CLIENT_ENTRIES } from "./client_entries.ts";
import { pdfFiles } from "./pdf_files.ts";

const loopback = { host: "127.0.0.1" };

export default defineConfig({
  root: import.meta.dirname,
  // Any folder of any host serves the built files.
  base: "./",
  resolve: {
    alias: [
      // The client's hooks are written for React, whose part of the interface Preact has.
      { find: /^react$/, replacement: "preact/compat" },
      ...CLIENT_ENTRIES,
      // The build that runs in browsers of some years ago too.
      { find: /^pdfjs-dist$/, replacement: "pdfjs-dist/legacy/build/pdf.min.mjs" },
      { find: /^pdfjs-dist\/worker$/, replacement: "pdfjs-dist/legacy/build/pdf.worker.min.mjs" },
    ],
  },
  plugins: [pdfFiles()],
  // As a file of its own, whose name ends as every host knows it.
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // A script or style within the page would need an exception in its security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: loopback,
  preview: loopback,
});
