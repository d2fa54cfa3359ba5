import { expect, test } from "vitest";

import { bearsOn } from "./bearing.ts";

test.each([
  ["Which tea should I buy?", "User likes green tea"],
  ["What do I drink in the morning?", "Drinks coffee every morning"],
  ["Where does my sister live?", "My sister Anna lives in Graz"],
  ["我喜欢喝什么茶？", "用户喜欢喝绿茶"],
])("%j is borne on by %j", (question, memory) => expect(bearsOn(question, memory)).toBe(true));

test.each([
  ["What is the tallest mountain in Africa?", "User likes mountain biking"],
  ["How do I reverse a linked list in Python?", "User likes green tea"],
  ["What should I do?", "User likes what they do"],
  ["?!", "User likes green tea"],
])("%j is not borne on by %j", (question, memory) => expect(bearsOn(question, memory)).toBe(false));
