import { describe, expect, it } from "vitest";
import { detectLanguage } from "./language.ts";

describe("detectLanguage", () => {
  it.each([
    ["en", "The library opens at nine and closes at five in the afternoon."],
    ["de", "Die Kündigungsfrist beträgt drei Monate zum Ende des Quartals."],
    [
      "fr",
      "La bibliothèque est ouverte aux étudiants tous les jours de la semaine.",
    ],
    [
      "es",
      "La biblioteca abre a las nueve de la mañana y cierra por la tarde.",
    ],
    ["ru", "Библиотека открывается в девять часов утра и закрывается вечером."],
    ["ar", "تفتح المكتبة أبوابها في التاسعة صباحا وتغلق في المساء."],
    [
      "ja",
      "図書館は朝九時に開きます。返却が遅れた場合は延滞料をいただきます。",
    ],
    ["zh", "图书馆早上九点开门。逾期归还须缴纳滞纳金。"],
    ["ko", "도서관은 아침 아홉 시에 문을 엽니다."],
  ])("detects %s", (code, text) => expect(detectLanguage(text)).toBe(code));

  it("returns the language of most of the text", () => {
    const german = "Die Wohnung wird in ordentlichem Zustand übergeben. "
      .repeat(60);
    const english = "The following summary is given for convenience only. ";
    expect(detectLanguage(english + german)).toBe("de");
  });

  it("does not count addresses and markup", () => {
    const links = "[https://www.example.org/the/quick/brown/fox/and/more](https://example.org/this/is/the/way) ";
    expect(
      detectLanguage(
        links.repeat(5) +
          "Die Miete ist am dritten Werktag eines jeden Monats fällig.",
      ),
    )
      .toBe("de");
  });

  it.each(["", "1,234.56 | 99 | 2026-03-14", "---\n\n***"])(
    "does not guess at %j",
    (text) => expect(detectLanguage(text)).toBeNull(),
  );
});
