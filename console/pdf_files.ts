import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

/** Where the built console has them, below its own address; see console/src/screens/search/viewer/pdf.ts. */
const FOLDER = "pdfjs";
const PACKAGE = fileURLToPath(new URL("../node_modules/pdfjs-dist/", import.meta.url));
/**
 * WebAssembly would need an exception in the page's security policy: these scripts decode the same pictures without it.
 * Their licences go with them, as the fonts' do.
 */
const DECODERS = /^(jbig2|openjpeg)_nowasm_fallback\.js$|^LICENSE_(PDFJS_)?(JBIG2|OPENJPEG)$/;

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
    ["cmaps", "standard_fonts", "wasm"].map(async (folder) =>
      (await readdir(PACKAGE + folder)).map((file) => `${folder}/${file}`)
    ),
  );
  return folders.flat().filter((path) => !path.startsWith("wasm/") || DECODERS.test(path.slice("wasm/".length)));
}
