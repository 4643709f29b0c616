import { expect, test } from "vitest";
import { neededGlibc, retargetGlibc } from "./retarget_glibc.ts";

const X86_64 = 62;
const AARCH64 = 183;
const RISCV = 243;

/** A shared library with one symbol, and the versions of libc that it refers to. */
function library(machine: number, symbol: string, versions: string[]): Uint8Array {
  const names = ["", "libc.so.6", symbol, ...versions];
  const strings = new TextEncoder().encode(names.map((name) => `${name}\0`).join(""));
  const at = (name: string) => names.slice(0, names.indexOf(name)).reduce((sum, each) => sum + each.length + 1, 0);
  const places = { strings: 64, symbols: 512, versions: 576, sections: 768 };
  const bytes = new Uint8Array(places.sections + 4 * 64);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  view.setUint16(0x12, machine, true);
  view.setBigUint64(0x28, BigInt(places.sections), true);
  view.setUint16(0x3c, 4, true);
  bytes.set(strings, places.strings);
  view.setUint32(places.symbols + 24, at(symbol), true);
  view.setUint16(places.versions + 2, versions.length, true);
  view.setUint32(places.versions + 8, 16, true);
  versions.forEach((version, index) => {
    const entry = places.versions + 16 + index * 16;
    view.setUint32(entry, index + 1, true);
    view.setUint32(entry + 8, at(version), true);
    view.setUint32(entry + 12, index + 1 < versions.length ? 16 : 0, true);
  });
  const section = (index: number, type: number, offset: number, size: number) => {
    const header = places.sections + index * 64;
    view.setUint32(header + 4, type, true);
    view.setBigUint64(header + 24, BigInt(offset), true);
    view.setBigUint64(header + 32, BigInt(size), true);
    view.setUint32(header + 40, 1, true);
  };
  section(1, 3, places.strings, strings.length);
  section(2, 11, places.symbols, 48);
  section(3, 0x6ffffffe, places.versions, 64);
  return bytes;
}

test.each([
  ["x86-64", X86_64, "GLIBC_2.2.5", [2, 2]],
  ["AArch64", AARCH64, "GLIBC_2.17", [2, 17]],
])("lets a library for %s load on an older glibc", (_name, machine, first, needed) => {
  const built = library(machine, "__isoc23_strtol", ["GLIBC_2.38", first]);
  expect(neededGlibc(built)).toEqual([2, 38]);
  expect(neededGlibc(retargetGlibc(built))).toEqual(needed);
});

test("leaves a library alone that needs the new glibc for something else", () => {
  const built = library(AARCH64, "strlcpy", ["GLIBC_2.38", "GLIBC_2.17"]);
  expect(retargetGlibc(built)).toEqual(built);
});

test("refuses an architecture that it does not know", () => {
  const built = library(RISCV, "__isoc23_strtol", ["GLIBC_2.38", "GLIBC_2.27"]);
  expect(() => retargetGlibc(built)).toThrow("unknown architecture, 243");
});
