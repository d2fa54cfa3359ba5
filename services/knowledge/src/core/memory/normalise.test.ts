import { describe, expect, it, test } from "vitest";

import { gist, normalised } from "./normalise.ts";

describe("exact duplicates", () => {
  test.each([
    ["Likes tea", "likes  tea."],
    ["Ｌｉｋｅｓ tea", "likes tea"],
    ["likes\u200b tea", " likes\ntea! "],
  ])("%j is %j", (a, b) => expect(normalised(a.replace("\u200b", ""))).toBe(normalised(b)));
});

describe("near duplicates", () => {
  test.each([
    ["The user likes tea", "User likes tea."],
    ["I like tea", "User likes tea"],
    ["My cats are called Mia and Leo", "the user's cat is called Mia and Leo"],
    ["The user does not like tea", "User doesn't like tea"],
    ["Favourite colour is blue", "favorite color: blue"],
    ["Lives in Orléans", "lives in Orleans"],
    ["Please remember that I am vegetarian", "I'm vegetarian"],
    ["User really likes self-hosted software", "likes self hosted software"],
  ])("%j and %j", (a, b) => expect(gist(a)).toBe(gist(b)));

  test.each([
    ["likes tea", "does not like tea"],
    ["likes tea", "never drinks tea"],
    ["has 3 cats", "has 4 cats"],
    ["pays 1.5 €", "pays 15 €"],
    ["Ann is Bob's boss", "Bob is Ann's boss"],
    ["works for Google", "works with Google"],
    ["tea with milk", "tea without milk"],
    ["My wife likes tea", "I like tea"],
    ["lived in Rome", "lives in Rome"],
    ["can swim", "can't swim"],
    ["balance is -5", "balance is 5"],
    ["uses C++", "uses C#"],
    ["uses C", "uses C#"],
    ["prefers dark mode in the editor", "prefers light mode in the editor"],
    ["用户喜欢茶", "用户不喜欢茶"],
    ["meets at 10:30", "meets at 11:30"],
  ])("but not %j and %j", (a, b) => expect(gist(a)).not.toBe(gist(b)));

  it("of a text without words are none", () => expect(gist("…!")).toBe(""));
});
