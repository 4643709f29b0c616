import { expect, it } from "vitest";
import { shownText } from "./shown_text.ts";

it("shows a terminal's escapes and changes of direction as pictures, and keeps text and line breaks", () => {
  expect(shownText("\u001b[31mred\u001b[0m\t\u202egpj.exe\u202c\n\u0000\u009b2J مرحبا")).toBe(
    "␛[31mred␛[0m\t\ufffdgpj.exe\ufffd\n␀\ufffd2J مرحبا",
  );
});
