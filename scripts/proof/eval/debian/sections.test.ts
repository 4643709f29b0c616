import { describe, expect, it } from "vitest";
import { sectionsOf } from "./sections.ts";

const PAGE = `<?xml version="1.0"?><html><body><div class="chapter">
<h1 class="title"><a id="_boats"/>Chapter 3. Boats</h1>
<div class="section"><div class="titlepage"><h2 class="title"><a id="_oars"/>3.1. Oars &amp; sails</h2></div>
<p>Take <code>two</code> of them.</p>
<div class="section"><div class="titlepage"><h3 class="title"><a id="_short"/>3.1.1. Short ones</h3></div>
<div><p>For children.</p></div></div>
</div>
<div class="section"><h2 class="title"><a id="_anchors"/>3.2. Anchors</h2><p>One.</p></div>
</div></body></html>`;

describe("sectionsOf", () => {
  const sections = sectionsOf(PAGE);

  it("finds each section by its id, with its title", () => {
    expect([...sections].map(([id, { title }]) => [id, title])).toEqual([
      ["_short", "Short ones"],
      ["_oars", "Oars & sails"],
      ["_anchors", "Anchors"],
    ]);
  });

  it("includes subsections, and nothing of other sections", () => {
    const { text } = sections.get("_oars")!;
    expect(text).toContain("Take two of them.");
    expect(text).toContain("For children.");
    expect(text).not.toContain("One.");
    expect(sections.get("_short")!.text).not.toContain("two");
  });
});
