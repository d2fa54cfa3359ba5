/** What is embedded of a chunk: where it stands, then what it says. Models read the beginning best, and some nothing else. */
export function embeddedText({
  title,
  headingPath,
  text,
}: {
  readonly title: string;
  readonly headingPath: readonly string[];
  readonly text: string;
}): string {
  const headings = headingPath.filter((heading) => heading !== title).join(" > ");
  return [title, headings, text].filter((part) => part !== "").join("\n");
}
