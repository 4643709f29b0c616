/**
 * Lets a shared library built against glibc 2.38 or newer load on an older glibc.
 *
 * Such a build refers to `__isoc23_strtol` and its kin, which read C23's binary literals and otherwise are the
 * functions of the older names. The references are renamed in place, and the version they were asked for (GLIBC_2.38)
 * is replaced by the first that the architecture had. Nothing else in the file changes. Sources: the ELF-64 object file format;
 * the Linux Standard Base on symbol versions.
 */
export function retargetGlibc(library: Uint8Array): Uint8Array {
  const elf = new ElfLibrary(library.slice());
  const renamed = elf.renameSymbols("__isoc23_");
  if (renamed > 0) elf.replaceVersion("GLIBC_2.38", elf.firstVersion());
  return elf.bytes;
}

/** The newest glibc that a library asks for, as [major, minor]; [0, 0] if it names none. */
export function neededGlibc(library: Uint8Array): [number, number] {
  let newest: [number, number] = [0, 0];
  for (const { name } of new ElfLibrary(library).neededVersions()) {
    const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(name) ?? [];
    if (major === undefined) continue;
    const version: [number, number] = [Number(major), Number(minor)];
    if (isOlder(newest, version)) newest = version;
  }
  return newest;
}

export function isOlder(
  [major, minor]: [number, number],
  [otherMajor, otherMinor]: [number, number],
): boolean {
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
}

interface Section {
  type: number;
  offset: number;
  size: number;
  /** Index of the section that holds this one's strings. */
  link: number;
}

/** The glibc in which each architecture, by its number in ELF, begins: its strtol has that version. */
const FIRST_VERSIONS: Record<number, string> = {
  62: "GLIBC_2.2.5", // x86-64
  183: "GLIBC_2.17", // AArch64
};

const DYNAMIC_SYMBOLS = 11;
const NEEDED_VERSIONS = 0x6ffffffe;
const SYMBOL_BYTES = 24;

/** The parts of a 64-bit little-endian ELF shared library that name symbols and their versions. */
class ElfLibrary {
  readonly #view: DataView;
  readonly #sections: Section[];

  constructor(readonly bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const isElf64 = bytes.length > 64 && view.getUint32(0) === 0x7f454c46 &&
      bytes[4] === 2 && bytes[5] === 1;
    if (!isElf64) {
      throw new TypeError("not a 64-bit little-endian ELF file");
    }
    this.#view = view;
    const start = Number(view.getBigUint64(0x28, true));
    const count = view.getUint16(0x3c, true);
    this.#sections = Array.from({ length: count }, (_, index) => {
      const at = start + index * 64;
      return {
        type: view.getUint32(at + 4, true),
        offset: Number(view.getBigUint64(at + 24, true)),
        size: Number(view.getBigUint64(at + 32, true)),
        link: view.getUint32(at + 40, true),
      };
    });
  }

  /** @throws {TypeError} if it is built for another architecture */
  firstVersion(): string {
    const machine = this.#view.getUint16(0x12, true);
    const version = FIRST_VERSIONS[machine];
    if (version) return version;
    throw new TypeError(`the library is for an unknown architecture, ${machine}`);
  }

  /** Drops the prefix from every symbol name that has it. A name is an offset into a string table, so it moves on. */
  renameSymbols(prefix: string): number {
    let renamed = 0;
    const symbols = this.#sections.find(({ type }) => type === DYNAMIC_SYMBOLS);
    if (!symbols) return renamed;
    const end = symbols.offset + symbols.size;
    for (let at = symbols.offset; at < end; at += SYMBOL_BYTES) {
      const name = this.#view.getUint32(at, true);
      if (!this.#string(symbols, name).startsWith(prefix)) continue;
      this.#view.setUint32(at, name + prefix.length, true);
      renamed++;
    }
    return renamed;
  }

  replaceVersion(from: string, to: string): void {
    const versions = this.neededVersions();
    const target = versions.find(({ name }) => name === to);
    if (!target) {
      throw new TypeError(`the library has no reference to ${to} to copy`);
    }
    for (const { at } of versions.filter(({ name }) => name === from)) {
      // The hash of the name and the name itself.
      this.#copyUint32(target.at, at);
      this.#copyUint32(target.at + 8, at + 8);
    }
  }

  /** The versions of other libraries' symbols that this one asks for, with where each is recorded. */
  neededVersions(): { name: string; at: number }[] {
    const found: { name: string; at: number }[] = [];
    const section = this.#sections.find(({ type }) => type === NEEDED_VERSIONS);
    if (!section) return found;
    let entry = section.offset;
    for (;;) {
      const count = this.#view.getUint16(entry + 2, true);
      let at = entry + this.#view.getUint32(entry + 8, true);
      for (let i = 0; i < count; i++) {
        const name = this.#view.getUint32(at + 8, true);
        found.push({ name: this.#string(section, name), at });
        at += this.#view.getUint32(at + 12, true);
      }
      const next = this.#view.getUint32(entry + 12, true);
      if (next === 0) return found;
      entry += next;
    }
  }

  #copyUint32(from: number, to: number): void {
    this.#view.setUint32(to, this.#view.getUint32(from, true), true);
  }

  #string(owner: Section, offset: number): string {
    const start = this.#sections[owner.link].offset + offset;
    const end = this.bytes.indexOf(0, start);
    return new TextDecoder().decode(this.bytes.subarray(start, end));
  }
}
