/**
 * The commands that an example's README has for its folder: the lines of its shell blocks after `cd examples/NAME`,
 * without comments.
 */
export function commandsIn(readme: string, name: string): string[] {
  const lines = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, "").trim()).filter(Boolean);
  const start = lines.indexOf(`cd examples/${name}`);
  if (start < 0) throw new Error(`The README of ${name} has no line "cd examples/${name}" in a shell block.`);
  return lines.slice(start + 1);
}
