/** An alias in vite.config.ts. */
declare module "pdfjs-dist/worker" {}
