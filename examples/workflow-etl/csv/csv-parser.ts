import { BadFile } from './bad-file.ts'

export interface CsvRecord {
  /** Where it begins, counted from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

export const DELIMITERS: readonly string[] = [',', ';', '\t', '|']
/** A quote that nobody closes would else take in the rest of the file. */
const MOST_CHARACTERS = 1024 * 1024
const BYTE_ORDER_MARK = '\ufeff'

/** RFC 4180, and what is common beside it: any line end, any of four delimiters, quotes in the middle of a cell. */
export class CsvParser {
  readonly #path: string
  readonly #delimiter: string
  #cells: string[] = []
  #cell = ''
  #size = 0
  #line = 1
  #startLine = 1
  #state: 'plain' | 'quoted' | 'quote in quoted' = 'plain'
  #afterReturn = false
  #isFirst = true

  constructor(path: string, delimiter: string) {
    this.#path = path
    this.#delimiter = delimiter
  }

  /** The records that end in this text. @throws BadFile */
  *add(text: string): Generator<CsvRecord> {
    const from = this.#isFirst && text.startsWith(BYTE_ORDER_MARK) ? 1 : 0
    this.#isFirst &&= text === ''
    for (let at = from; at < text.length; at += 1) {
      const character = text[at]!
      const isSecond = character === '\n' && this.#afterReturn
      this.#afterReturn = character === '\r'
      if (isSecond && this.#state !== 'quoted') continue
      if (isLineEnd(character) && !isSecond) this.#line += 1
      if (this.#state === 'quoted') this.#quoted(character)
      else if (isLineEnd(character)) yield* this.#endRecord()
      else this.#plain(character)
    }
  }

  /** A last record without a line end. @throws BadFile */
  *end(): Generator<CsvRecord> {
    if (this.#state === 'quoted') throw this.#endless()
    yield* this.#endRecord()
  }

  #quoted(character: string): void {
    if (character === '"') this.#state = 'quote in quoted'
    else this.#append(character)
  }

  #plain(character: string): void {
    if (character === '"' && this.#state === 'quote in quoted') {
      this.#append('"')
      this.#state = 'quoted'
    } else if (character === '"' && this.#cell === '') this.#state = 'quoted'
    else {
      this.#state = 'plain'
      if (character === this.#delimiter) this.#endCell()
      else this.#append(character)
    }
  }

  #append(character: string): void {
    this.#cell += character
    this.#size += 1
    if (this.#size > MOST_CHARACTERS) throw this.#endless()
  }

  #endCell(): void {
    this.#cells.push(this.#cell)
    this.#cell = ''
  }

  *#endRecord(): Generator<CsvRecord> {
    this.#endCell()
    const cells = this.#cells
    const line = this.#startLine
    this.#cells = []
    this.#size = 0
    this.#startLine = this.#line
    this.#state = 'plain'
    if (cells.length > 1 || cells[0] !== '') yield { line, cells }
  }

  #endless(): BadFile {
    return new BadFile(`${this.#path}: the record in line ${this.#startLine} has no end; is a quote missing?`)
  }
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r'
}
