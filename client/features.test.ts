import compatibility, { type Identifier, type SimpleSupportStatement } from "@mdn/browser-compat-data";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../scripts/dev/repository.ts";

/** The oldest browsers that README names, by the name that the compatibility data has for them. */
const BROWSERS = { chrome: 85, edge: 85, firefox: 80, safari: 14.1, safari_ios: 14.5 } as const;

/** Features that older browsers lack and the client does without there, and how. */
const DONE_WITHOUT: Record<string, string> = {
  "AbortSignal.reason": "an error of the client's own stands in for it",
  "ReadableStream.pipeThrough": "only outside browsers, which send with XMLHttpRequest",
  TransformStream: "only outside browsers",
  "TransformStreamDefaultController.enqueue": "only outside browsers",
};

/** Where the compatibility data has what TypeScript declares elsewhere. */
const DECLARED_FOR: Record<string, string[]> = {
  AbortSignal: ["AbortSignal", "EventTarget"],
  Body: ["Response"],
  CallableFunction: ["Function"],
  ReadonlyArray: ["Array"],
  Uint8Array: ["Uint8Array", "TypedArray"],
};

const used = featuresOf(`${REPOSITORY}/client`);

describe("the client's sources", () => {
  it("use many features of the platform", () => {
    expect(used.size).toBeGreaterThan(60);
    expect([...used.keys()]).toEqual(expect.arrayContaining(["AbortController.abort", "fetch", "PluralRules.select"]));
  });

  it("use none that the oldest supported browsers lack", () => {
    const missing = [...used].filter(([feature]) => !DONE_WITHOUT[feature]).flatMap(([feature, place]) => {
      const data = dataOf(feature);
      if (!data?.__compat) return [];
      const lacking = Object.entries(BROWSERS).filter(([browser, oldest]) => {
        const since = sinceOf(data.__compat!.support[browser as keyof typeof BROWSERS]);
        return since === null || since > oldest;
      }).map(([browser]) => browser);
      return lacking.length > 0 ? [`${feature} (${place}): ${lacking.join(", ")}`] : [];
    });
    expect(missing).toEqual([]);
  });

  it("use only features that the compatibility data has", () => {
    expect([...used].filter(([feature]) => !dataOf(feature)).map((each) => each.join(" "))).toEqual([]);
  });

  it("need every exception", () => {
    expect(Object.keys(DONE_WITHOUT).filter((feature) => !used.has(feature))).toEqual([]);
  });
});

/** `Interface.member` or a global's name, and the first place that uses it. */
function featuresOf(project: string): Map<string, string> {
  const { config } = ts.readConfigFile(`${project}/tsconfig.json`, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, project);
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const features = new Map<string, string>();

  const visit = (source: ts.SourceFile) => (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isIdentifier(node)) {
      for (const feature of featuresAt(node)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const place = `${source.fileName.slice(project.length + 1)}:${line + 1}`;
        if (!features.has(feature)) features.set(feature, place);
      }
    }
    ts.forEachChild(node, visit(source));
  };

  const featuresAt = (node: ts.Identifier): string[] =>
    (checker.getSymbolAtLocation(node)?.declarations ?? [])
      .filter((declaration) => program.isSourceFileDefaultLibrary(declaration.getSourceFile()))
      .map((declaration) => {
        const { parent } = declaration;
        if (ts.isInterfaceDeclaration(parent)) return `${parent.name.text}.${node.text}`;
        return node.text;
      });

  for (const source of program.getSourceFiles()) {
    if (source.fileName.startsWith(`${project}/src/`)) ts.forEachChild(source, visit(source));
  }
  return features;
}

function dataOf(feature: string): Identifier | undefined {
  const [declared, member] = feature.split(".");
  const name = declared.replace(/Constructor$/, "");
  const { api, javascript: { builtins } } = compatibility;
  // Every object has it.
  if (member === "prototype") return builtins[name];
  for (const owner of DECLARED_FOR[name] ?? [name]) {
    for (const tree of [builtins, builtins.Intl, api]) {
      const found = member === undefined ? tree[owner] : tree[owner]?.[member];
      if (found) return found;
    }
  }
}

/** The version since which a browser has it without a flag or a prefix; null if it has not. */
function sinceOf(statement: SimpleSupportStatement | SimpleSupportStatement[] | undefined): number | null {
  const statements = [statement].flat().filter((each) => each && !each.flags && !each.prefix && !each.alternative_name);
  const versions = statements.map((each) => each!.version_added).filter((version) => typeof version === "string");
  return versions.length > 0
    ? Math.min(...versions.map((version) => Number.parseFloat(version.replace("≤", ""))))
    : null;
}
