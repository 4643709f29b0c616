import { getDocument, type PDFPageProxy, PDFWorker, VerbosityLevel } from "pdfjs-dist";
import { UnviewableError } from "./originals.ts";

/** The text layer of a page. */
export type TextContent = Awaited<ReturnType<PDFPageProxy["getTextContent"]>>;

/** A PDF that is open. All of its methods throw `UnviewableError`. */
export interface Pdf {
  pageCount: number;
  page(number: number): Promise<PDFPageProxy>;
  text(number: number): Promise<TextContent>;
  close(): void;
}

/** A file that takes longer is stopped: it may never end. */
const OPEN_MS = 30_000;
const PAGE_MS = 20_000;
/** Pixels of one picture in the file, which is not drawn if it has more. */
const LARGEST_IMAGE = 100_000_000;
/** Some programs write something before the PDF. */
const HEADER_BYTES = 1_024;

/**
 * Opens a PDF to be looked at. No script, form, link or attachment in it does anything: pdf.js only draws its pages and
 * reads their text, in a worker of its own.
 * @throws {UnviewableError}
 */
export async function openPdf(file: Blob): Promise<Pdf> {
  const head = new TextDecoder("latin1").decode(await file.slice(0, HEADER_BYTES).arrayBuffer());
  if (!head.includes("%PDF-")) throw new UnviewableError("damaged");
  const port = new Worker(new URL("./pdf_worker.ts", import.meta.url), { type: "module" });
  const worker = PDFWorker.create({ port, verbosity: VerbosityLevel.ERRORS });
  const files = new URL("pdfjs/", document.baseURI).href;
  const loading = getDocument({
    data: new Uint8Array(await file.arrayBuffer()),
    worker,
    verbosity: VerbosityLevel.ERRORS,
    cMapUrl: `${files}cmaps/`,
    standardFontDataUrl: `${files}standard_fonts/`,
    wasmUrl: `${files}wasm/`,
    // The page's security policy allows no WebAssembly; scripts decode the same pictures.
    useWasm: false,
    // The same everywhere, with the widths that the file reckons with.
    useSystemFonts: false,
    enableXfa: false,
    maxImageSize: LARGEST_IMAGE,
  });
  const close = () => {
    // Whatever it is doing, it ends here.
    void loading.destroy().catch(() => {}).finally(() => worker.destroy());
    port.terminate();
  };
  const broken = new Promise<never>((_, reject) => {
    port.addEventListener("error", () => reject(new NotLoaded()));
  });
  // Each piece of work that waits for it reports it.
  broken.catch(() => {});
  const guard = <T>(work: Promise<T>, ms: number) => withinTime(Promise.race([work, broken]), ms).catch(rethrow);

  try {
    const pdf = await guard(loading.promise, OPEN_MS);
    const texts = new Map<number, Promise<TextContent>>();
    const page = (number: number) => guard(pdf.getPage(number), PAGE_MS);
    return {
      pageCount: pdf.numPages,
      page,
      text(number) {
        const known = texts.get(number);
        if (known) return known;
        const text = page(number).then((page) => guard(page.getTextContent(), PAGE_MS));
        texts.set(number, text);
        return text;
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

class TooSlow extends Error {}
/** The worker's script did not arrive. */
class NotLoaded extends Error {}

export async function withinTime<T>(work: Promise<T>, ms = PAGE_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooSlow()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

export function rethrow(error: unknown): never {
  if (error instanceof TooSlow) throw new UnviewableError("too_slow", { cause: error });
  if (error instanceof NotLoaded) throw new UnviewableError("not_loaded", { cause: error });
  const name = error instanceof Error ? error.name : "";
  if (name === "PasswordException") throw new UnviewableError("protected", { cause: error });
  throw new UnviewableError("damaged", { cause: error });
}
