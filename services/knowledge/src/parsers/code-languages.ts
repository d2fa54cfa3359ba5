/** Grammars of `@vscode/tree-sitter-wasm` and the extensions of what they read. C is read as C++. */
const grammars = {
  bash: ["sh", "bash", "zsh"],
  "c-sharp": ["cs"],
  cpp: ["c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "ino", "cu"],
  css: ["css"],
  go: ["go"],
  java: ["java"],
  javascript: ["js", "mjs", "cjs", "jsx"],
  php: ["php"],
  powershell: ["ps1", "psm1"],
  python: ["py", "pyi"],
  ruby: ["rb"],
  rust: ["rs"],
  tsx: ["tsx"],
  typescript: ["ts", "mts", "cts"],
} as const satisfies Record<string, readonly string[]>;

/** Read by lines alone: languages without a grammar, and settings. */
const plainExtensions = [
  ..."swift kt kts scala clj cljs ex exs erl hs ml fs lua pl pm r jl dart zig nim v sql graphql proto".split(
    " ",
  ),
  ..."vue svelte scss sass less xml xsl svg yaml yml toml ini cfg conf properties gradle cmake tf hcl nix".split(
    " ",
  ),
  ..."bat cmd fish awk sed m mm asm s f90 f95 pas vb groovy dockerfile makefile mk diff patch".split(" "),
];

export type Grammar = keyof typeof grammars;

const byExtension = new Map<string, Grammar>();
for (const [grammar, extensions] of Object.entries(grammars)) {
  for (const extension of extensions) if (isGrammar(grammar)) byExtension.set(extension, grammar);
}

function isGrammar(name: string): name is Grammar {
  return Object.hasOwn(grammars, name);
}

export const codeExtensions: readonly string[] = [...byExtension.keys(), ...plainExtensions];

/** Source files without an extension, in small letters. */
export const codeFileNames: ReadonlySet<string> = new Set([
  ..."dockerfile containerfile makefile gnumakefile cmakelists.txt rakefile gemfile vagrantfile".split(" "),
  ..."jenkinsfile procfile justfile .gitignore .dockerignore .editorconfig .bashrc .zshrc".split(" "),
]);

/** The grammar for a path; undefined when there is none. */
export function grammarOf(path: string): Grammar | undefined {
  return byExtension.get(path.slice(path.lastIndexOf(".") + 1).toLowerCase());
}
