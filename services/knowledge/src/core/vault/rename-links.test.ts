import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { arbitraryMove } from "../../../test/support/arbitrary-vault.ts";
import { readFixtureVault } from "../../../test/support/fixture-vault.ts";
import type { NoteLink } from "./note.ts";
import { parseNote } from "./parse-note.ts";
import { renameLinks, type VaultMove } from "./rename-links.ts";
import { resolveLink } from "./resolve-link.ts";
import { VaultNames } from "./vault-names.ts";

function moveOf(paths: readonly string[], moves: ReadonlyMap<string, string>): VaultMove {
  const before = new VaultNames(paths);
  return { before, after: before.moved(moves), moves };
}

/** A note's text after files moved. */
function after(
  text: string,
  from: string,
  paths: readonly string[],
  moves: Readonly<Record<string, string>>,
): string {
  return renameLinks(text, from, moveOf([from, ...paths], new Map(Object.entries(moves)))).text;
}

describe("links to a file that moves", () => {
  it.each([
    [
      "[[Old]] [[old|x]] ![[Old#H]] [[Old#^b|y]] [[Old.md]]",
      "[[New]] [[New|x]] ![[New#H]] [[New#^b|y]] [[New.md]]",
    ],
    ["[[ Old ]] [[ Old # H | x ]]", "[[ New ]] [[ New # H | x ]]"],
    [
      "| a | b |\n|---|---|\n| [[Old\\|x]] | [x](Old.md) |",
      "| a | b |\n|---|---|\n| [[New\\|x]] | [x](New.md) |",
    ],
    ["[a](Old.md#H 't') ![a](<Old.md>) [a]( Old )", "[a](New.md#H 't') ![a](<New.md>) [a]( New )"],
    ["[r]: Old.md 't'\n[^f]: [[Old]]", "[r]: New.md 't'\n[^f]: [[New]]"],
    [
      "---\na: \"[[Old]]\"\nb: ['[[Old|x]]', Old]\n---\nOld",
      "---\na: \"[[New]]\"\nb: ['[[New|x]]', Old]\n---\nOld",
    ],
    [
      "`[[Old]]` %%[[Old]]%% [[Older]] [[Other]] [[Old 2]]",
      "`[[Old]]` %%[[Old]]%% [[Older]] [[Other]] [[Old 2]]",
    ],
    ["\u{feff}[[Old]]\r\n> x [[Old]]\r\n", "\u{feff}[[New]]\r\n> x [[New]]\r\n"],
  ])("are rewritten in %j", (text, expected) => {
    expect(after(text, "n.md", ["Old.md", "Other.md"], { "Old.md": "New.md" })).toBe(expected);
  });

  it("keep their style: the bare name while it will do, else the path; from the root, the note's folder or the vault", () => {
    const paths = ["a/Old.md", "b/New.md", "a/b/x.md"];
    const text = "[[Old]] [[a/Old]] [[/a/Old]] [[./Old]] [[../a/Old.md]] [x](Old.md) [x](./Old.md) [[b/x]]";
    expect(after(text, "a/n.md", paths, { "a/Old.md": "c d/New.md" })).toBe(
      "[[c d/New]] [[c d/New]] [[/c d/New]] [[../c d/New]] [[../c d/New.md]] [x](c%20d/New.md) [x](../c%20d/New.md) [[b/x]]",
    );
    expect(after(text, "a/n.md", paths, { "a/Old.md": "a/Fresh.md" })).toBe(
      "[[Fresh]] [[a/Fresh]] [[/a/Fresh]] [[./Fresh]] [[./Fresh.md]] [x](Fresh.md) [x](./Fresh.md) [[b/x]]",
    );
  });

  it("encode what Markdown needs encoded, and letters where they were", () => {
    const rename = { "Ä.md": "Ö (1) 50% #2.md" };
    expect(after("[x](Ä.md) [x](%C3%84.md) [x](<Ä.md>)", "n.md", ["Ä.md"], rename)).toBe(
      "[x](Ö%20%281%29%2050%25%20%232.md) [x](%C3%96%20%281%29%2050%25%20%232.md) [x](<Ö (1) 50%25 %232.md>)",
    );
  });

  it("double the quotes of a property", () => {
    const text = "---\na: '[[Old]]'\nb: \"[[Old]]\"\nc: >-\n  [[Old]]\n---\n";
    expect(after(text, "n.md", ["Old.md"], { "Old.md": 'It\'s "new".md' })).toBe(
      '---\na: \'[[It\'\'s "new"]]\'\nb: "[[It\'s \\"new\\"]]"\nc: >-\n  [[It\'s "new"]]\n---\n',
    );
  });

  it("that cannot name it are left and said", () => {
    const move = moveOf(["n.md", "Old.md"], new Map([["Old.md", "C# [x].md"]]));
    const { text, changed, lost } = renameLinks("[[Old|a]] [b](Old.md)", "n.md", move);
    expect(text).toBe("[[Old|a]] [b](C%23%20%5Bx%5D.md)");
    expect([changed, lost]).toEqual([1, ["[[Old|a]]"]]);
  });
});

describe("links that a move would lead astray", () => {
  it("are made longer when another file of the name comes nearer", () => {
    const paths = ["a/x.md", "b/n.md"];
    expect(after("[[x]]", "b/n.md", [...paths, "c/y.md"], { "c/y.md": "x.md" })).toBe("[[a/x]]");
    expect(after("[[x]]", "b/n.md", [...paths, "c/y.md"], { "c/y.md": "b/x.md" })).toBe("[[a/x]]");
    expect(after("[[x]]", "b/n.md", [...paths, "c/y.md"], { "c/y.md": "long folder/x.md" })).toBe("[[x]]");
  });

  it("of a note that moves itself are kept right", () => {
    const paths = ["a/x.md", "b/x.md", "a/i.png"];
    const text = "[[x]] [[./x]] [x](../b/x.md) ![](i.png) [[#H]] [[n]] [[a/x]]";
    expect(after(text, "a/n.md", paths, { "a/n.md": "b/m.md" })).toBe(
      "[[a/x]] [[../a/x]] [x](../b/x.md) ![](i.png) [[#H]] [[m]] [[a/x]]",
    );
  });

  it("are followed through a folder's move", () => {
    const moves = { "a/x.md": "z/x.md", "a/n.md": "z/n.md" };
    expect(after("[[a/x]] [[./x]] [[x]] [x](../a/x.md)", "a/n.md", ["a/x.md"], moves)).toBe(
      "[[z/x]] [[./x]] [[x]] [x](./x.md)",
    );
  });

  it("but led nowhere stay as they are", () => {
    expect(after("[[New]] [[no/Old]]", "n.md", ["Old.md"], { "Old.md": "New.md" })).toBe(
      "[[New]] [[no/Old]]",
    );
  });
});

/** A text without its links' targets. */
function frame(text: string, links: readonly NoteLink[]): string {
  const spans = links.map(({ targetSpan }) => targetSpan).toSorted((a, b) => a.start - b.start);
  return [
    ...spans.map(({ start }, i) => text.slice(spans[i - 1]?.end ?? 0, start)),
    text.slice(spans.at(-1)?.end ?? 0),
  ].join("\0");
}

/** What no move changes of a link, in JSON. */
function sameOf(link: NoteLink | undefined): string {
  return JSON.stringify([link?.kind, link?.isEmbed, link?.subpath, link?.isProperty, link?.line]);
}

/** What must hold of every note after every move. */
function expectKept(text: string, from: string, move: VaultMove): void {
  const { text: rewritten, changed, lost } = renameLinks(text, from, move);
  const [old, now] = [parseNote(text).links, parseNote(rewritten).links];
  expect(now).toHaveLength(old.length);
  expect(frame(rewritten, now)).toBe(frame(text, old));
  const newFrom = move.moves.get(from) ?? from;
  let different = 0;
  for (const [i, link] of old.entries()) {
    const next = now[i];
    expect(sameOf(next)).toBe(sameOf(link));
    const meant = resolveLink(move.before, from, link.target);
    const wanted = meant === undefined ? undefined : (move.moves.get(meant) ?? meant);
    const isLost = lost.includes(text.slice(link.span.start, link.span.end));
    if (wanted !== undefined && !isLost)
      expect(resolveLink(move.after, newFrom, next?.target ?? "")).toBe(wanted);
    const isRight = meant === undefined || resolveLink(move.after, newFrom, link.target) === wanted;
    if (isRight) expect(next?.target).toBe(link.target);
    if (next?.target !== link.target) different += 1;
  }
  expect(changed).toBe(different);
}

describe("after any move", () => {
  const spelled = (path: string) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const bare = (text: string) => text.replace(/\.md$/u, "");
    const encoded = encodeURI(path).replaceAll(/[()]/gu, (mark) => (mark === "(" ? "%28" : "%29"));
    return fc.constantFrom(
      `[[${name}]]`,
      `[[${bare(name)}]]`,
      `![[${bare(path)}#H|a b]]`,
      `[[/${path}]]`,
      `[[./${bare(name)}]]`,
      `[[../${path}]]`,
      `[x](${encoded})`,
      `![](<${path}#^b>)`,
      `[x](../${encoded} "t")`,
      `| t |\n|---|\n| [[${bare(path)}\\|a]] |\n\n`,
      `\n\n[r]: ${encoded}\n\n`,
      `> ${path} [[${bare(name.toUpperCase())}]]`,
      `\`[[${path}]]\``,
    );
  };
  const noise = fc.constantFrom(
    " ",
    "\n",
    "\r\n",
    "text",
    "[[",
    "]]",
    "`",
    "\n\n- ",
    "\n> ",
    "$",
    "%%",
    "[[gone]]",
    "#tag",
  );

  it("each link means what it meant, and nothing else has changed", () => {
    fc.assert(
      fc.property(
        arbitraryMove.chain(({ paths, moves }) =>
          fc.record({
            paths: fc.constant(paths),
            moves: fc.constant(moves),
            from: fc.constantFrom(...paths),
            parts: fc.array(fc.oneof(noise, fc.constantFrom(...paths).chain(spelled)), { maxLength: 20 }),
            property: fc.constantFrom(...paths),
          }),
        ),
        ({ paths, moves, from, parts, property }) => {
          const head = `---\na: "[[${property}]]"\nb: ['[[${property.replaceAll("'", "''")}|x]]']\n---\n`;
          expectKept(head + parts.join(""), from, moveOf(paths, moves));
        },
      ),
      { numRuns: 500 },
    );
  }, 60_000);

  it("of the fixture vault's notes, all links of all notes mean what they meant", () => {
    const { paths, names, notes } = readFixtureVault();
    const renames: readonly (readonly [string, string])[] = [
      ["Home.md", "Start here.md"],
      ["Index.md", "Archive/Everything.md"],
      ["Projects/Garden/Plan.md", "Projects/Garden/The plan (new).md"],
      ["Old Projects/Plan.md", "Zzz/A much longer folder/Plan.md"],
      ["People/Anna Müller.md", "Work/Anna Müller.md"],
      ["People/Anna's birthday.md", 'People/Anna\'s "birthday".md'],
      ["Attachments/photo.png", "Attachments/50% #1.png"],
      ["Projects/Garden/Beds/Tomatoes.md", "Plan 2.md"],
      ["Reference/Linking.md", "Linking.md"],
    ];
    const folder = paths
      .filter((path) => path.startsWith("Projects/"))
      .map((path) => [path, `Past/${path.slice(9)}`] as const);
    for (const moves of [...renames.map((rename) => [rename]), folder]) {
      const move: VaultMove = { before: names, after: names.moved(new Map(moves)), moves: new Map(moves) };
      for (const { path, text } of notes.values()) expectKept(text, path, move);
    }
  }, 60_000);
});
