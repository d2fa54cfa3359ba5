import { NodeHtmlMarkdown } from "node-html-markdown";
import { describe, expect, it } from "vitest";

import { htmlPieces } from "./html-pieces.ts";
import { markdownOf } from "./html.ts";

const article = (i: number) => `
<h2>Part ${i}</h2><div><p>${"A cup of <b>tea</b>. ".repeat(20)}</p>
<ul><li><p>one</p><ol><li>two</li></ol></li></ul></div>
<pre>&lt;p&gt; ${"x".repeat(300)}

<p>code</p></pre><table><tr><th>a</th></tr><tr><td><p>1</p></td></tr></table><!-- <ul> --><script>"<ul>"</script>`;
const page = `<body>${Array.from({ length: 200 }, (_, i) => article(i)).join("")}</body>`;

describe("the pieces of HTML", () => {
  it("are the whole, in order, and read as the whole does", () => {
    const pieces = htmlPieces(page);
    expect(pieces.length).toBeGreaterThan(5);
    expect(pieces.join("")).toBe(page);
    const whole = NodeHtmlMarkdown.translate(page, { useInlineLinks: false, ignore: ["script"] });
    const squeezed = (text: string) => text.replaceAll(/\n{2,}/gu, "\n\n").trim();
    expect(squeezed(markdownOf(page))).toBe(squeezed(whole));
  });

  it("never end in a list, a table, a preformatted block or a script", () => {
    const inside = "<p>x</p>".repeat(10_000);
    for (const name of ["ul", "table", "pre", "script", "blockquote"]) {
      expect(htmlPieces(`<${name}>${inside}</${name}>`)).toHaveLength(1);
    }
    expect(htmlPieces(`<!-- ${inside}`)).toHaveLength(1);
    expect(htmlPieces(inside).length).toBeGreaterThan(3);
  });
});
