import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { QueueError } from '@bananasjs/core'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { checkExperiment } from './check-experiment.ts'
import type { Experiment } from './experiment.ts'

const MOST_BYTES = 1024 ** 2
/** Aliases may not blow a small file up. */
const MOST_ALIASES = 50

/** An experiment from a YAML or JSON file. @throws QueueError INVALID naming file, line and path */
export async function loadExperiment(path: string): Promise<Experiment> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new QueueError('INVALID', `${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  return parseExperiment(text, basename(path))
}

/** The same from its text. JSON is YAML too. @param name of the file, for messages */
export function parseExperiment(text: string, name: string = 'experiment'): Experiment {
  if (text.length > MOST_BYTES) throw new QueueError('INVALID', `${name} is longer than ${MOST_BYTES} bytes.`)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  if (broken !== undefined)
    throw new QueueError('INVALID', `${name}:${lines.linePos(broken.pos[0]).line}: ${broken.message}`)
  const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES })
  try {
    checkExperiment(value)
    return value
  } catch (cause) {
    if (!QueueError.is(cause, 'INVALID')) throw cause
    throw new QueueError('INVALID', `${name}${lineOf(document, lines, cause.message)}: ${cause.message}`, {
      cause,
    })
  }
}

/** `:12` for the deepest part of the path that stands in the file. */
function lineOf(document: Document, lines: LineCounter, message: string): string {
  const path = /^[\w.[\]-]+(?=:)/.exec(message)?.[0] ?? ''
  const keys = [...path.matchAll(/[\w-]+/g)].map(([key]) => (/^\d+$/.test(key) ? Number(key) : key))
  if (keys[0] === 'experiment') keys.shift()
  for (let length = keys.length; length > 0; length -= 1) {
    const start = startOf(document, keys.slice(0, length))
    if (start !== undefined) return `:${lines.linePos(start).line}`
  }
  return ''
}

/** Where the value at this path begins. */
function startOf(document: Document, path: readonly (string | number)[]): number | undefined {
  const node = document.getIn(path, true)
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  return Array.isArray(range) ? (range[0] as number) : undefined
}
