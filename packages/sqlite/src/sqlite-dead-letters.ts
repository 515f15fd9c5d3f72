import type {
  Abortable,
  DeadLetter,
  DeadLetterPage,
  DeadLetters,
  DeadLetterSelection,
  Tenancy,
} from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { queueTopic } from './sqlite-consumer.ts'
import { dropBody, toMessage } from './sqlite-messages.ts'
import type { StoredMessage } from './sqlite-messages.ts'

const ROWS = 500
const REVIVE = `INSERT INTO bananas_messages (seq, queue, priority, state, due_at, token, deliveries, id, group_key, headers, body)
  SELECT ?, queue, priority, 0, 0, 0, 0, id, group_key, headers, body FROM bananas_dead WHERE letter = ?`

interface StoredLetter extends StoredMessage {
  readonly letter: number
  readonly reason: string
  readonly dead_at: number
}

export class SqliteDeadLetters implements DeadLetters {
  readonly #client: SqliteClient
  readonly #tenancy: Tenancy

  constructor(client: SqliteClient, tenancy: Tenancy) {
    this.#client = client
    this.#tenancy = tenancy
  }

  async list(
    queue: string,
    { limit, after, signal }: DeadLetterPage & Abortable,
  ): Promise<{ readonly letters: readonly DeadLetter[]; readonly next?: string | undefined }> {
    await this.#tenancy.open(signal)
    return this.#client.read(() => {
      const sql = 'SELECT * FROM bananas_dead WHERE queue = ? AND letter > ? ORDER BY letter LIMIT ?'
      const rows = this.#client
        .prepare(sql)
        .all(this.#client.findQueue(queue) ?? -1, Number(after ?? 0), limit + 1) as StoredLetter[]
      const letters = rows.slice(0, limit).map((row) => this.#toLetter(row))
      return rows.length > limit && limit > 0
        ? { letters, next: String(rows[limit - 1]!.letter) }
        : { letters }
    }, signal)
  }

  async redrive(queue: string, options: DeadLetterSelection & Abortable = {}): Promise<number> {
    const count = await this.#each(queue, options, (letter) => {
      const seq = this.#client.take(1)
      this.#client.prepare(REVIVE).run(seq, letter.letter)
      if (letter.apart)
        this.#client.prepare('UPDATE bananas_bodies SET seq = ? WHERE seq = ?').run(seq, letter.seq)
    })
    if (count > 0) this.#client.notify([queueTopic(queue)])
    return count
  }

  drop(queue: string, options: DeadLetterSelection & Abortable = {}): Promise<number> {
    return this.#each(queue, options, (letter) => {
      if (letter.apart) dropBody(this.#client, letter.seq)
    })
  }

  /** Takes the chosen letters out, in bites; what dies meanwhile is left for the next call. */
  async #each(
    queue: string,
    { ids, signal }: DeadLetterSelection & Abortable,
    act: (letter: { letter: number; seq: number; apart: boolean }) => void,
  ): Promise<number> {
    await this.#tenancy.open(signal)
    const last = await this.#client.read(() => this.#lastLetter(), signal)
    let count = 0
    for (;;) {
      const bite = await this.#client.write(() => this.#bite(queue, last, ids, act), ROWS, signal)
      count += bite
      if (bite < ROWS) return count
    }
  }

  #bite(
    queue: string,
    last: number,
    ids: readonly string[] | undefined,
    act: (letter: { letter: number; seq: number; apart: boolean }) => void,
  ): number {
    const chosen = ids === undefined ? '' : 'AND id IN (SELECT value FROM json_each(?))'
    const sql = `SELECT letter, seq, typeof(body) IN ('integer', 'real') AS apart FROM bananas_dead
      WHERE queue = ? AND letter <= ? ${chosen} ORDER BY letter LIMIT ${ROWS}`
    const values = [
      this.#client.findQueue(queue) ?? -1,
      last,
      ...(ids === undefined ? [] : [JSON.stringify(ids)]),
    ]
    const rows = this.#client.prepare(sql).all(...values) as { letter: number; seq: number; apart: number }[]
    for (const row of rows) {
      act({ letter: row.letter, seq: row.seq, apart: row.apart === 1 })
      this.#client.prepare('DELETE FROM bananas_dead WHERE letter = ?').run(row.letter)
    }
    return rows.length
  }

  #lastLetter(): number {
    const row = this.#client.prepare('SELECT max(letter) AS last FROM bananas_dead').get() as {
      last: number | null
    }
    return row.last ?? 0
  }

  #toLetter(row: StoredLetter): DeadLetter {
    return {
      message: toMessage(this.#client, row),
      reason: row.reason,
      deadAt: row.dead_at,
      deliveries: row.deliveries,
    }
  }
}
