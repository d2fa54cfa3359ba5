import { describe, expect, it } from "vitest";

import { parseNote } from "./parse-note.ts";

describe("Dataview's fields of a note", () => {
  it.each([
    [
      "a:: b\nc d :: e\n**f**:: g\n- h:: i\n- [ ] j:: k\n> l:: m",
      ["a=b", "c d=e", "f=g", "h=i", "j=k", "l=m"],
    ],
    ["x [a:: b] y (c:: d [e]) [f::] [g:: [[h]], [i](j)]", ["a=b", "c=d [e]", "f=", "g=[[h]], [i](j)"]],
    ["a:: b [c:: d]\n[[e|f]]:: g\n😀 h:: i\nj😀:: k", ["c=d", "e=g", "h=i", "j😀=k"]],
    [
      "`a:: b`\n[a b]:: c\nd `e::f` (g:: `h`)\n[[std::vector]]\n\\[i:: j]\n%%k:: l%%\na:: b ^id",
      ["g=`h`", "i=j", "a=b"],
    ],
    ["```\na:: b\n```\n\n| c:: d | [e:: f] |\n|---|---|\n| g:: h | x |", ["c=d", "e=f", "g=h"]],
  ])("of %j", (text, fields) => {
    expect(parseNote(text).fields.map(({ key, value }) => `${key}=${value}`)).toEqual(fields);
  });
});
