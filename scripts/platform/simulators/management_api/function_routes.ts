import { Hono } from "hono";
import { z } from "zod";
import type { DeployedFunction, FunctionUpload, HostedProject } from "./project.ts";

const uploadMetadata = z.object({
  name: z.string(),
  entrypoint_path: z.string(),
  import_map_path: z.string().optional(),
  verify_jwt: z.boolean().default(true),
});
const activations = z.array(z.looseObject({ slug: z.string() }));

/**
 * Uploads and activates functions, as `functions deploy --use-api` does: one alone takes effect with its upload;
 * several are each uploaded with `bundleOnly`, and take effect together with the `PUT` that names them.
 */
export function functionRoutes(
  project: HostedProject,
  onDeployed: (project: HostedProject) => Promise<void>,
): Hono {
  const routes = new Hono();
  const bundles = new Map<string, FunctionUpload>();

  async function activate(uploads: FunctionUpload[]): Promise<void> {
    for (const upload of uploads) {
      const version = project.functions.get(upload.slug)?.version ?? 0;
      project.functions.set(upload.slug, {
        upload,
        version: version + 1,
        updatedAt: Date.now(),
      });
    }
    await onDeployed(project);
  }

  routes.get("/", (c) => c.json([...project.functions.values()].map(describe)));

  routes.post("/deploy", async (c) => {
    const form = await c.req.formData();
    const metadata = uploadMetadata.parse(
      JSON.parse(String(form.get("metadata"))),
    );
    const slug = z.string().parse(c.req.query("slug"));
    const files = form.getAll("file").filter((part) => part instanceof File);
    const upload: FunctionUpload = {
      slug,
      metadata,
      files: await Promise.all(files.map(async (file) => ({
        path: file.name,
        bytes: await file.bytes(),
      }))),
    };
    const { entrypoint_path: entrypoint } = metadata;
    if (!upload.files.some(({ path }) => path === entrypoint)) {
      // The CLI only warns of a file that is missing; what it sends then is answered with this.
      const message = `Entrypoint path does not exist - ${entrypoint}`;
      return c.json({ message }, 400);
    }
    if (c.req.query("bundleOnly") === "true") {
      bundles.set(slug, upload);
    } else {
      await activate([upload]);
    }
    const version = project.functions.get(slug)?.version ?? 0;
    return c.json(describe({ upload, version, updatedAt: Date.now() }), 201);
  });

  routes.put("/", async (c) => {
    const wanted = activations.parse(await c.req.json());
    const uploads = wanted.map(({ slug }) => bundles.get(slug));
    const missing = wanted.find((_, index) => !uploads[index]);
    if (missing) {
      return c.json({ message: `No bundle of ${missing.slug}` }, 400);
    }
    await activate(uploads as FunctionUpload[]);
    bundles.clear();
    return c.json({
      functions: wanted.map(({ slug }) => describe(project.functions.get(slug)!)),
    });
  });

  return routes;
}

function describe({ upload, version, updatedAt }: DeployedFunction) {
  const { slug, metadata } = upload;
  return {
    id: `function-${slug}`,
    slug,
    name: metadata.name,
    status: "ACTIVE",
    version,
    created_at: updatedAt,
    updated_at: updatedAt,
    verify_jwt: metadata.verify_jwt,
    entrypoint_path: metadata.entrypoint_path,
    import_map: metadata.import_map_path !== undefined,
    import_map_path: metadata.import_map_path,
  };
}
