import { expect, it } from "vitest";
import { shortenLeaders } from "./dot_leaders.ts";

it.each([
  ["Espresso ........ 2.50", "Espresso … 2.50"],
  ["Espresso . . . . . . 2.50", "Espresso … 2.50"],
  ["Name: ______________ Date", "Name: … Date"],
])("shortens %j to %j", (text, short) => {
  expect(shortenLeaders(text)).toBe(short);
});

it.each([
  "Wait... what?",
  "`a....b`",
  "```\nx ........ y\n```",
  "__init__",
  "../../../..",
  "1.2.3.4.5",
])(
  "keeps %j",
  (text) => expect(shortenLeaders(text)).toBe(text),
);
