/** Lines. Anything longer is no front matter but a document that begins with a rule. */
const LONGEST = 200;

/**
 * Removes YAML front matter from the top of a document, and returns its title. `---` alone begins none: each line in
 * between must read as YAML (`key: value`, list items, indented, comments, blank), and one as a key.
 */
export function takeFrontMatter(
  text: string,
): { text: string; title: string | null } {
  const untouched = { text, title: null };
  const begin = /^\s*---[ \t]*\n/.exec(text.slice(0, 1_000));
  if (!begin) return untouched;
  const lines = text.slice(begin[0].length, 65_536).split("\n", LONGEST);
  const end = lines.findIndex((line) => /^(?:---|\.\.\.)[ \t]*$/.test(line));
  if (end === -1) return untouched;
  const yaml = lines.slice(0, end);
  const keys = yaml.filter((line) => /^[\w"'][\w .'"-]*:(?:\s|$)/.test(line));
  const others = yaml.filter((line) => !keys.includes(line) && !/^(?:\s+|#|- |-$|[\]}])|^$/.test(line));
  if (keys.length === 0 || others.length > 0) return untouched;
  const length = yaml.reduce((sum, line) => sum + line.length + 1, 0) +
    lines[end].length;
  return {
    text: text.slice(begin[0].length + length),
    title: titleIn(yaml),
  };
}

function titleIn(yaml: string[]): string | null {
  const at = yaml.findIndex((line) => /^["']?title["']?:/i.test(line));
  if (at === -1) return null;
  let value = yaml[at].slice(yaml[at].indexOf(":") + 1).trim();
  // A block scalar (`title: >`) is indented on the lines below.
  if (/^[|>][+-]?$/.test(value)) {
    const rest = yaml.slice(at + 1);
    const end = rest.findIndex((line) => !/^\s+\S/.test(line));
    value = rest.slice(0, end === -1 ? undefined : end).join(" ");
  } else if (/^(["']).*\1$/.test(value)) {
    value = value.slice(1, -1).replaceAll(/\\"/g, '"').replaceAll("''", "'");
  } else {
    value = value.replace(/\s#.*$/, "");
  }
  value = value.replace(/\s+/g, " ").trim().slice(0, 200).trim();
  return value === "" || /^(?:null|~)$/.test(value) ? null : value;
}
