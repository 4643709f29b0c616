import { expect, test } from "vitest";
import { normalQuestion } from "./question.ts";

test.each([
  ["  late \n fees ", "late fees"],
  ["ﬁne", "fine"],
  ["valve -gasket AB-1", "valve AB-1"],
  ['valve -"no gasket" seal', "valve seal"],
  ["鍵 -「紛失 届」 番号", "鍵 番号"],
  ["at -5 degrees", "at -5 degrees"],
  ["well-known", "well-known"],
  ["-valve", "-valve"],
])("embeds %j as %j", (question, embedded) => {
  expect(normalQuestion(question)).toBe(embedded);
});
