/** The parts of package-lock.json (lockfileVersion 3) that are checked. */
export type LockedPackage = {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};
export type Lock = { readonly packages: Readonly<Record<string, LockedPackage>> };
export type Manifest = Readonly<
  Record<"dependencies" | "devDependencies", Readonly<Record<string, string>> | undefined>
>;

/**
 * Packages whose install scripts we know of. None runs (`ignore-scripts` in .npmrc): each works without. A new name here
 * is a decision: read the script first.
 */
export const knownScripts: ReadonlyMap<string, string> = new Map([
  ["cpu-features", "optional native speed-up of ssh2, which dockerode uses for ssh:// hosts only"],
  ["fsevents", "macOS only; ships its binary in the package"],
  ["koffi", "compiles where no package brings it built; for the systems that we run on, one does"],
  ["msgpackr-extract", "optional native speed-up of msgpackr, which bullmq uses; falls back to JavaScript"],
  ["protobufjs", "prints a version warning"],
  ["ssh2", "optional native speed-up; falls back to JavaScript"],
]);

/** What is wrong with a lockfile, a line each: `npm ci` would fail on some machine, or something could come in unseen. */
export function lockProblems(lock: Lock, scripts: ReadonlyMap<string, string>): string[] {
  return Object.entries(lock.packages).flatMap(([at, locked]) => {
    if (!at.includes("node_modules/") || locked.link) return [];
    const name = at.slice(at.lastIndexOf("node_modules/") + "node_modules/".length);
    return [
      ...(locked.integrity ? [] : [`${at}: no integrity`]),
      ...(locked.resolved === undefined
        ? []
        : [`${at}: names a registry (${new URL(locked.resolved).protocol}//…); see .npmrc`]),
      ...(locked.hasInstallScript && !scripts.has(name)
        ? [`${at}: has an install script that nobody has read; see scripts/lock-problems.ts`]
        : []),
      ...missingOptional(at, locked, lock),
    ];
  });
}

/** Other systems' binaries: without them in the lockfile, `npm ci` fails on every system. */
function missingOptional(at: string, locked: LockedPackage, lock: Lock): string[] {
  return Object.keys(locked.optionalDependencies ?? {})
    .filter(
      (name) =>
        !(`${at}/node_modules/${name}` in lock.packages) && !(`node_modules/${name}` in lock.packages),
    )
    .map(
      (name) =>
        `${at}: its optional ${name} is missing; choose a version of which all platforms are published`,
    );
}

/** Direct dependencies that are not pinned to one exact version. */
export function unpinned(manifests: Readonly<Record<string, Manifest>>): string[] {
  return Object.entries(manifests).flatMap(([file, m]) =>
    Object.entries({ ...m.dependencies, ...m.devDependencies })
      .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
      .map(([name, version]) => `${file}: ${name} is ${version}; pin one exact version`),
  );
}
