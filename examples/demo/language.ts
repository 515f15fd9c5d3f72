import { basename, extname } from 'node:path'

/** Extensions by language; the reader of this list adds what is missing. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  TypeScript: 'ts mts cts tsx',
  JavaScript: 'js mjs cjs jsx',
  JSON: 'json jsonc json5 map webmanifest',
  Markdown: 'md mdx markdown',
  YAML: 'yml yaml',
  TOML: 'toml',
  XML: 'xml xsd xsl svg plist',
  HTML: 'html htm xhtml vue svelte astro',
  CSS: 'css scss sass less',
  Python: 'py pyi pyx',
  Ruby: 'rb rake gemspec',
  Go: 'go',
  Rust: 'rs',
  C: 'c h',
  'C++': 'cc cpp cxx hh hpp hxx ipp',
  'C#': 'cs csx',
  Java: 'java',
  Kotlin: 'kt kts',
  Swift: 'swift',
  Scala: 'scala sc',
  PHP: 'php phtml',
  Perl: 'pl pm',
  Lua: 'lua',
  Elixir: 'ex exs',
  Erlang: 'erl hrl',
  Haskell: 'hs lhs',
  Clojure: 'clj cljs cljc edn',
  Dart: 'dart',
  R: 'r rmd',
  Julia: 'jl',
  SQL: 'sql',
  Shell: 'sh bash zsh fish ksh',
  PowerShell: 'ps1 psm1',
  Protobuf: 'proto',
  GraphQL: 'graphql gql',
  CSV: 'csv tsv',
  Text: 'txt text log rst adoc',
  Certificate: 'pem crt cer key',
}

/** Names without a telling extension. */
const NAMES: Readonly<Record<string, string>> = {
  makefile: 'Make',
  dockerfile: 'Docker',
  gemfile: 'Ruby',
  rakefile: 'Ruby',
  license: 'Text',
  licence: 'Text',
  notice: 'Text',
  readme: 'Text',
  changelog: 'Text',
  authors: 'Text',
  '.gitignore': 'Config',
  '.npmrc': 'Config',
  '.editorconfig': 'Config',
  '.env': 'Config',
}

const INTERPRETERS: readonly (readonly [RegExp, string])[] = [
  [/\b(ba|z|da|k)?sh\b/, 'Shell'],
  [/\bpython/, 'Python'],
  [/\bnode\b|\bdeno\b|\bbun\b/, 'JavaScript'],
  [/\bruby\b/, 'Ruby'],
  [/\bperl\b/, 'Perl'],
]

const byExtension = new Map(
  Object.entries(EXTENSIONS).flatMap(([language, list]) =>
    list.split(' ').map((extension) => [`.${extension}`, language]),
  ),
)

/** By name, then by interpreter line, then by whether it is text at all. */
export function languageOf(path: string, start: Buffer): string {
  if (start.subarray(0, 8192).includes(0)) return 'binary'
  const name = basename(path).toLowerCase()
  const known = byExtension.get(extname(name)) ?? new Map(Object.entries(NAMES)).get(name)
  return known ?? byInterpreter(start) ?? 'other text'
}

function byInterpreter(start: Buffer): string | undefined {
  if (start[0] !== 35 || start[1] !== 33) return undefined // #!
  const line = start.subarray(0, 200).toString('latin1').split('\n', 1)[0]!
  return INTERPRETERS.find(([pattern]) => pattern.test(line))?.[1]
}
