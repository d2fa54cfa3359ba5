/** A string value in a JSON text: where it stands in it, by keys and indexes, and the offsets between its quotes. */
export type JsonString = {
  readonly path: readonly (string | number)[];
  readonly from: number;
  readonly to: number;
};

type Holder = { readonly isObject: boolean; key: string | number; isKey: boolean };

const token = /["{}[\],:]/gu;

/** The string values of a JSON text that `JSON.parse` takes, in order. */
export function* jsonStrings(json: string): Generator<JsonString> {
  const holders: Holder[] = [];
  let at = 0;
  for (let found = next(json, at); found; found = next(json, at)) {
    at = found.index + 1;
    const holder = holders.at(-1);
    if (found[0] === '"') {
      const to = stringEnd(json, at);
      if (holder?.isObject && holder.isKey) holder.key = decodeJson(json, at, to);
      else yield { path: holders.map(({ key }) => key), from: at, to };
      at = to + 1;
    } else step(found[0], holders);
  }
}

/** What a mark changes: which value of which holder comes next. */
function step(mark: string, holders: Holder[]): void {
  const holder = holders.at(-1);
  if (mark === "{" || mark === "[") holders.push({ isObject: mark === "{", key: 0, isKey: mark === "{" });
  else if (mark === "}" || mark === "]") holders.pop();
  else if (mark === ":" && holder) holder.isKey = false;
  else if (holder?.isObject) holder.isKey = true;
  else if (holder) holder.key = Number(holder.key) + 1;
}

function next(json: string, from: number): RegExpExecArray | null {
  token.lastIndex = from;
  return token.exec(json);
}

function stringEnd(json: string, from: number): number {
  for (let at = from; at < json.length; at += 1) {
    const character = json[at];
    if (character === "\\") at += 1;
    else if (character === '"') return at;
  }
  return json.length;
}

/** The string between two offsets, which stand inside its quotes. */
export function decodeJson(json: string, from: number, to: number): string {
  return String(JSON.parse(`"${json.slice(from, to)}"`));
}

const unit = /\\u[0-9a-fA-F]{4}|\\.|[^\\]/gsy;

/** Where each UTF-16 unit of the string begins in the JSON text, and where the string ends. */
export function jsonOffsets(json: string, from: number, to: number): number[] {
  const offsets: number[] = [];
  unit.lastIndex = from;
  while (unit.lastIndex < to) {
    offsets.push(unit.lastIndex);
    if (!unit.test(json)) return offsets;
  }
  return [...offsets, to];
}
