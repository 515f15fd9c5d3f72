import { createReadStream } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import { BadFile } from './bad-file.ts'
import { CsvParser, DELIMITERS } from './csv-parser.ts'
import type { CsvRecord } from './csv-parser.ts'

const FIRST_BYTES = 64 * 1024

/**
 * Records of a file, one portion at a time, so that a file may be larger than the memory. The delimiter is the one that the
 * first line has most of.
 * @throws BadFile for what is no text, or a record without an end
 */
export async function* readCsv(path: string, signal: AbortSignal): AsyncGenerator<CsvRecord> {
  let parser: CsvParser | undefined
  const decoder = new StringDecoder('utf8')
  for await (const chunk of createReadStream(path, { highWaterMark: FIRST_BYTES }) as AsyncIterable<Buffer>) {
    signal.throwIfAborted()
    if (parser === undefined && chunk.includes(0)) throw new BadFile(`${path} is not text`)
    const text = decoder.write(chunk)
    parser ??= new CsvParser(path, delimiterOf(text))
    yield* parser.add(text)
  }
  if (parser === undefined) return
  yield* parser.add(decoder.end())
  yield* parser.end()
}

function delimiterOf(text: string): string {
  const line = text.slice(0, text.search(/[\r\n]|$/))
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!
}
