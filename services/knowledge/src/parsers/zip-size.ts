const endMark = 0x06_05_4b_50;
const entryMark = 0x02_01_4b_50;
const endBytes = 22;
const entryBytes = 46;
const longestComment = 0xff_ff;

/**
 * How many bytes a zip says it unpacks to, from its directory alone (APPNOTE 4.3.12, 4.3.16); undefined for what is
 * no zip. A liar is not found here: the memory limit of the process that unpacks it is.
 */
export function unpackedBytes(zip: Buffer): number | undefined {
  const end = findEnd(zip);
  if (end === undefined) return undefined;
  let total = 0;
  for (let at = zip.readUInt32LE(end + 16); at + entryBytes <= end && zip.readUInt32LE(at) === entryMark;) {
    total += zip.readUInt32LE(at + 24);
    at += entryBytes + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return total;
}

function findEnd(zip: Buffer): number | undefined {
  const least = Math.max(0, zip.length - endBytes - longestComment);
  for (let at = zip.length - endBytes; at >= least; at -= 1) {
    if (zip.readUInt32LE(at) === endMark) return at;
  }
  return undefined;
}
