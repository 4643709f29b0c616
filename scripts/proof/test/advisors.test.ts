import { describe, expect, it } from "vitest";
import { type Finding, judgeFindings } from "./advisors.ts";

const open: Finding = {
  name: "rls_disabled_in_public",
  detail: "Table `public.notes` is public",
  metadata: { schema: "public", name: "notes" },
};
const foreignKey: Finding = {
  name: "unindexed_foreign_keys",
  detail: "no index",
  metadata: { schema: "a", name: "b", fkey_name: "b_c_fkey" },
};
const because = "it is so";

describe("the advisors' findings", () => {
  it("each fail unless they are accepted", () => {
    expect(judgeFindings([open, foreignKey], [{
      lint: "unindexed_foreign_keys",
      subject: "a.b.b_c_fkey",
      reason: because,
    }])).toEqual([
      "rls_disabled_in_public public.notes: Table `public.notes` is public",
    ]);
  });

  it("are accepted by their exact name, or by a kind", () => {
    expect(judgeFindings([open], [{
      lint: "rls_disabled_in_public",
      subject: "public.*",
      reason: because,
    }])).toEqual([]);
    expect(judgeFindings([open], [{
      lint: "rls_disabled_in_public",
      subject: "public.note",
      reason: because,
    }])).toHaveLength(2);
  });

  it("that are accepted but no longer occur fail, too", () => {
    expect(judgeFindings([], [{
      lint: "unindexed_foreign_keys",
      subject: "a.*",
      reason: because,
    }])).toEqual([
      "unindexed_foreign_keys a.* is accepted, but no longer found: delete the exception",
    ]);
  });
});
