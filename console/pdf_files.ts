import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

/** Where the built console has them, below its own address; see console/src/screens/search/viewer/pdf.ts. */
const FOLDER = "pdfjs";
const PACKAGE = fileURLToPath(new URL("../node_modules/pdfjs-dist/", import.meta.url));
/** WebAssembly would need an exception in the page's security policy: these decode the same pictures without it. */
const SCRIPTS = ["jbig2_nowasm_fallback.js", "openjpeg_nowasm_fallback.js"];

/** Serves what pdf.js loads by itself when a PDF needs it: character maps, standard fonts, decoders of pictures. */
export function pdfFiles(): Plugin {
  return {
    name: "pdf-files",
    async generateBundle() {
      for (const path of await paths()) {
        this.emitFile({ type: "asset", fileName: `${FOLDER}/${path}`, source: await readFile(PACKAGE + path) });
      }
    },
    configureServer({ middlewares }) {
      middlewares.use(`/${FOLDER}/`, async (request, response, next) => {
        const path = (request.url ?? "").replace(/^\//, "").replace(/\?.*$/, "");
        if (!(await paths()).includes(path)) return next();
        response.setHeader("content-type", path.endsWith(".js") ? "text/javascript" : "application/octet-stream");
        response.end(await readFile(PACKAGE + path));
      });
    },
  };
}

async function paths(): Promise<string[]> {
  const folders = await Promise.all(
    ["cmaps", "standard_fonts"].map(async (folder) =>
      (await readdir(PACKAGE + folder)).map((file) => `${folder}/${file}`)
    ),
  );
  return [...folders.flat(), ...SCRIPTS.map((file) => `wasm/${file}`)];
}
