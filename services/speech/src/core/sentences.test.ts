import { describe, expect, test } from "vitest";

import { partsOf } from "./cut.ts";

/** Sentences, with no limit in the way. */
function sentences(text: string, language: string): string[] {
  return [...partsOf(text, 10_000, language)].map((part) => part.trim());
}

/** What `|` parts are sentences. */
const cases: readonly (readonly [language: string, text: string])[] = [
  ["en", "Hello there. |How are you? |Fine!"],
  ["en", "Dr. Smith met Mr. J. R. Jones in the U.S. capital. |They spoke."],
  ["en", "It is 3.14, or v1.2.3. |See example.com. |Done."],
  ["en", "Use fruit, e.g. apples, i.e. the red ones. |Good."],
  ["en", "“Is it true?” she asked. |“It is.” |He left (at last). |The end."],
  ["en", "Well... maybe. |Wait… |No."],
  ["en", "So do I. |You too."],
  ["en", "See No. 5 and Fig. 3. |No. |Never."],
  ["en", "1. First things first. |2. Then the rest."],
  ["en", "He left at 5 p.m. |She stayed."],
  ["en", "What?! |Really!!! |Yes."],
  ["de", "Am 3. Oktober ist frei, z. B. in Berlin. |Dr. Müller kommt, d. h. bald."],
  ["de", "Das war 2019. |Danach kam nichts. |Siehe Abs. 3 bzw. Nr. 7."],
  ["de", "Er sagte: „Komm.“ |Dann ging er."],
  ["fr", "M. Dupont arrive. |Mme Durand aussi, p. ex. demain. |« Oui ! » |Fin."],
  ["es", "El Sr. López vive en EE. UU. y trabaja. |¿Qué hora es? |¡Las dos!"],
  ["it", "Il Sig. Rossi, cioè il dott. Rossi, è qui. |Bene."],
  ["pt", "O Sr. Silva mora na Av. Paulista. |Está bem?"],
  ["nl", "Dhr. Jansen komt, bijv. morgen. |Goed zo!"],
  ["sv", "Ta t.ex. en kaka. |Gott!"],
  ["pl", "Spotkamy się 3. Maja, np. rano. |Dobrze."],
  ["ru", "Это г. Москва и ул. Ленина. |Хорошо!"],
  ["tr", "Dr. Kaya geldi. |Tamam mı?"],
  ["ja", "今日は晴れです。|明日は？|「はい。」|終わり"],
  ["zh", "你好！|你好吗？|我很好。"],
  ["hi", "यह एक वाक्य है। |यह दूसरा है।"],
  ["ar", "كيف حالك؟ |أنا بخير."],
  ["ur", "یہ ایک جملہ ہے۔ |یہ دوسرا ہے۔"],
  ["el", "Τι κάνεις; |Καλά."],
  ["hy", "Սա նախադասություն է։ |Սա երկրորդն է։"],
  ["th", "สวัสดีครับผมชื่อสมชาย"],
];

describe("sentences", () => {
  test.each(cases)("%s: %s", (language, text) => {
    const expected = text.split("|").map((sentence) => sentence.trim());
    expect(sentences(text.replaceAll("|", ""), language)).toEqual(expected);
  });

  test("there are cases for more than a dozen languages", () => {
    expect(new Set(cases.map(([language]) => language)).size).toBeGreaterThanOrEqual(12);
  });
});
