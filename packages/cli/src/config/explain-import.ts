/** Why a config file could not be imported, and what to do about it. */
export function explainImport(path: string, error: unknown, node: string = process.versions.node): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  const message = error instanceof Error ? error.message : String(error)
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[mc]?tsx?["' ]/.test(`${message} `))
    return noTypes(path, node)
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return `${path} uses TypeScript that Node.js cannot strip (enum, namespace, parameter property): ${message}. Avoid it, or run with NODE_OPTIONS="--import tsx".`
  }
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_PACKAGE_PATH_NOT_EXPORTED')
    return `${path} imports what is not there: ${message}`
  return `${path} failed to load: ${firstLine(error, message)}${place(error)}`
}

function noTypes(path: string, node: string): string {
  return `${path} is TypeScript, and Node.js ${node} does not read it by itself. Use Node.js 22.18 or newer, set NODE_OPTIONS="--import tsx" with tsx installed, or write the config as bananas.config.mjs.`
}

function firstLine(error: unknown, message: string): string {
  const name = error instanceof Error && error.name !== 'Error' ? `${error.name}: ` : ''
  return `${name}${message === '' ? 'it threw without a message' : message}`
}

/** ` (at file:line)` of the first frame of the user's own code; a syntax error has its place in front of the stack. */
function place(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const syntax = /^(file:\/\/\S+:\d+)\n/.exec(stack)?.[1]
  const frame = stack.split('\n').find((line) => /^\s+at .*file:\/\//.test(line))
  const found = syntax ?? /file:\/\/[^\s)]+/.exec(frame ?? '')?.[0]
  return found === undefined ? '' : ` (at ${found.replace('file://', '')})`
}
