import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { languageOf } from './language.ts'

export interface FileFacts {
  readonly path: string
  readonly bytes: number
  readonly lines: number
  readonly words: number
  readonly language: string
  /** SHA-256, in hex. */
  readonly hash: string
  /** Compressed to plain size of the first part of the file; 1 for an empty one. */
  readonly ratio: number
  /** Why the file could not be read; the rest is zero then. */
  readonly problem?: string
}

const CHUNK_BYTES = 256 * 1024
const compress = promisify(deflateRaw)

/** Reads the file once, in chunks: a file larger than the memory is measured like any other. Never rejects for what is wrong with a file. */
export async function measureFile(folder: string, path: string, signal: AbortSignal): Promise<FileFacts> {
  try {
    return await measure(join(folder, path), path, signal)
  } catch (error) {
    signal.throwIfAborted()
    const { code } = error as { code?: string }
    if (code === undefined) throw error
    return { path, bytes: 0, lines: 0, words: 0, language: 'unreadable', hash: '', ratio: 1, problem: code }
  }
}

/** Buffers not in use: there are never more than files read at once, and each file would otherwise leave one behind. */
const spare: Buffer[] = []

async function measure(file: string, path: string, signal: AbortSignal): Promise<FileFacts> {
  const handle = await open(file)
  const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
  try {
    const hash = createHash('sha256')
    const counts = new TextCounts()
    let bytes = 0
    let ratio = 1
    let language: string | undefined
    for (;;) {
      signal.throwIfAborted()
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES)
      if (bytesRead === 0) break
      const chunk = buffer.subarray(0, bytesRead)
      hash.update(chunk)
      counts.add(chunk)
      if (bytes === 0) {
        language = languageOf(path, chunk)
        ratio = (await compress(chunk)).length / bytesRead
      }
      bytes += bytesRead
    }
    const { lines, words } = language === 'binary' ? { lines: 0, words: 0 } : counts
    const found = language ?? languageOf(path, Buffer.alloc(0))
    return { path, bytes, lines, words, language: found, hash: hash.digest('hex'), ratio: Math.min(1, ratio) }
  } finally {
    spare.push(buffer)
    await handle.close()
  }
}

const LINE_FEED = 10
const SPACE = 32

/** Lines are line feeds, and a last line without one; words are what stands between bytes up to the space. */
class TextCounts {
  #lineFeeds = 0
  #words = 0
  #inWord = false
  #last = LINE_FEED

  get lines(): number {
    return this.#lineFeeds + (this.#last === LINE_FEED ? 0 : 1)
  }

  get words(): number {
    return this.#words
  }

  add(chunk: Buffer): void {
    for (const byte of chunk) {
      if (byte === LINE_FEED) this.#lineFeeds += 1
      if (byte <= SPACE) this.#inWord = false
      else if (!this.#inWord) {
        this.#inWord = true
        this.#words += 1
      }
    }
    this.#last = chunk.at(-1)!
  }
}
