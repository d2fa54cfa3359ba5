/** What tells an unchanged file without reading it. Nanoseconds and inode are decimal text: they exceed 2^53. */
export type Stamp = {
  readonly sizeBytes: number;
  readonly mtimeNs: string;
  readonly ctimeNs: string;
  readonly inode: string;
};

/** A file that a scan saw. `path` is relative to the source, with forward slashes. */
export type SeenFile = { readonly path: string; readonly stamp: Stamp };

/** A document that the store has. */
export type KnownDocument = SeenFile & { readonly documentId: number; readonly sha256: string };

/** What a scan could look at: a folder that could not be read says nothing of what is in it. */
export type Seen<F extends SeenFile> = {
  readonly files: readonly F[];
  /** Relative paths of files and folders that are there and could not be looked at; `""` is the root. */
  readonly unseen: readonly string[];
};

export type ManifestDiff<F extends SeenFile> = {
  readonly unchanged: readonly KnownDocument[];
  /** New files, and those whose stamp differs: only their bytes tell. */
  readonly read: readonly (F & { readonly known: KnownDocument | undefined })[];
  readonly gone: readonly KnownDocument[];
};

/** Compares stamps. Every known document and every seen file stands in exactly one list. */
export function diffManifest<F extends SeenFile>(
  { files, unseen }: Seen<F>,
  known: readonly KnownDocument[],
): ManifestDiff<F> {
  const byPath = new Map(known.map((d) => [d.path, d]));
  const unchanged: KnownDocument[] = [];
  const read: (F & { known: KnownDocument | undefined })[] = [];
  for (const file of files) {
    const document = byPath.get(file.path);
    byPath.delete(file.path);
    if (document && isSameStamp(document.stamp, file.stamp)) unchanged.push(document);
    else read.push({ ...file, known: document });
  }
  const missing = [...byPath.values()];
  const hidden = missing.filter((d) => unseen.some((place) => isAtOrBelow(d.path, place)));
  const isHidden = new Set(hidden);
  return { unchanged: [...unchanged, ...hidden], read, gone: missing.filter((d) => !isHidden.has(d)) };
}

/** What a file turned out to be when it had been read. */
export type Finding =
  | { readonly kind: "touched"; readonly document: KnownDocument }
  | { readonly kind: "edited"; readonly document: KnownDocument }
  /** The same bytes as a document whose file is gone: it moved. */
  | { readonly kind: "renamed"; readonly document: KnownDocument }
  | { readonly kind: "new" };

/**
 * The documents whose files are gone, by content: a new file with the same bytes takes one over, and what is
 * left at the end is deleted. Held during one pass over a source.
 */
export class GoneDocuments {
  readonly #bySha256: Map<string, KnownDocument[]>;

  constructor(gone: readonly KnownDocument[]) {
    this.#bySha256 = Map.groupBy(gone, (d) => d.sha256);
  }

  /** Says what a file is whose bytes have this hash. */
  find(known: KnownDocument | undefined, sha256: string): Finding {
    if (known) return { kind: known.sha256 === sha256 ? "touched" : "edited", document: known };
    // A document that was never read has no hash to be recognised by.
    const document = sha256 === "" ? undefined : this.#bySha256.get(sha256)?.pop();
    return document ? { kind: "renamed", document } : { kind: "new" };
  }

  get rest(): readonly KnownDocument[] {
    return [...this.#bySha256.values()].flat();
  }
}

export function isSameStamp(a: Stamp, b: Stamp): boolean {
  return (
    a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode
  );
}

function isAtOrBelow(path: string, place: string): boolean {
  return place === "" || path === place || path.startsWith(`${place}/`);
}

/** Splits into runs of at most `maxBytes` and `maxCount`; what is larger than `maxBytes` stands alone. */
export function batches<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  { maxBytes, maxCount }: { readonly maxBytes: number; readonly maxCount: number },
): T[][] {
  const all: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = sizeOf(item);
    const last = all.at(-1);
    if (last && bytes + size <= maxBytes && last.length < maxCount) {
      last.push(item);
      bytes += size;
    } else {
      all.push([item]);
      bytes = size;
    }
  }
  return all;
}
