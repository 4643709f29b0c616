import { defineConfig, type Plugin } from "vite";
import { CLIENT_ENTRIES } from "./client_entries.ts";
import { pdfFiles } from "./pdf_files.ts";

const loopback = { host: "127.0.0.1" };

/** `npm run console -- dev` names a project: its `config.json`, which is beside a built page. */
const settings: Plugin = {
  name: "the project's settings",
  configureServer({ middlewares }) {
    const given = process.env.CONSOLE_SETTINGS;
    if (!given) return;
    middlewares.use("/config.json", (_request, answer) => {
      answer.setHeader("content-type", "application/json").end(given);
    });
  },
};

/** What nearly every screen has: no part that only some of them load. */
const PARTS = "background|badge|confirm|dialog|field|name|notices|page|panel|screen_boundary|time|toasts";
const FILES = "format|language|route|session_context|use_now";
const SHARED = new RegExp(`/console/src/(parts/(${PARTS})|(${FILES}))\\.tsx?$`);

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
  plugins: [settings, pdfFiles()],
  // As a file of its own, whose name ends as every host knows it.
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    manifest: "manifest.json",
    // A script or style within the page would need an exception in its security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ["index.html", "reference.html"].map((page) => `${import.meta.dirname}/${page}`),
      output: {
        // With what they import, in one file: many small ones are compressed less well.
        codeSplitting: { groups: [{ name: "shared", test: SHARED }] },
      },
    },
  },
  server: loopback,
  preview: loopback,
});
