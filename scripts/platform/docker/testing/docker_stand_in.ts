/** A `docker` first on the PATH that knows what start:docker asks of it, and refuses all else. */
export async function standInForDocker(
  { gateway = "127.0.0.1", runs = true } = {},
): Promise<AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "docker-stand-in-" });
  const path = Deno.env.get("PATH") ?? "";
  await Deno.writeTextFile(
    `${folder}/docker`,
    `#!/bin/sh
case "$*" in
  "info --format {{.ServerVersion}}")
    ${runs ? "echo 29.1.0" : "echo 'Cannot connect to the Docker daemon' >&2; exit 1"} ;;
  "network inspect bridge --format {{(index .IPAM.Config 0).Gateway}}") echo "${gateway}" ;;
  *) echo "unknown command: docker $*" >&2; exit 125 ;;
esac
`,
  );
  await Deno.chmod(`${folder}/docker`, 0o755);
  Deno.env.set("PATH", `${folder}:${path}`);
  return {
    async [Symbol.asyncDispose]() {
      Deno.env.set("PATH", path);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
