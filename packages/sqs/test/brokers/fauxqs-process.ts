import { mkdirSync } from 'node:fs'
import { Server } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { buildApp, startFauxqs } from 'fauxqs'

/*
 * The emulator as a program of its own, on loopback alone. Arguments: the port, and the folder that keeps what it holds;
 * without one its state lasts as long as the process.
 */
const [port = '', folder] = process.argv.slice(2)
process.once('disconnect', () => process.exit()) // never outlive who started it
process.on('SIGINT', () => undefined) // Ctrl-C reaches all; who started it stops it when it is done
if (folder === undefined) {
  await buildApp({ logger: false, host: 'localhost' }).listen({ host: '127.0.0.1', port: Number(port) })
} else {
  makeTable(folder)
  stayOnLoopback()
  await startFauxqs({ logger: false, host: 'localhost', port: Number(port), dataDir: folder })
}

/**
 * Of a message that is given back, fauxqs 2.4.1 clears the count of receives, which its own table forbids: the message
 * would be gone until the next start. Made here first, the table begins to count anew instead.
 */
function makeTable(place: string): void {
  mkdirSync(place, { recursive: true })
  const database = new DatabaseSync(join(place, 'fauxqs.db'))
  database.exec(`CREATE TABLE IF NOT EXISTS sqs_messages (
    message_id TEXT PRIMARY KEY,
    queue_name TEXT NOT NULL REFERENCES sqs_queues(name) ON DELETE CASCADE,
    body TEXT NOT NULL,
    md5_of_body TEXT NOT NULL,
    message_attributes TEXT NOT NULL,
    md5_of_message_attributes TEXT NOT NULL,
    sent_timestamp INTEGER NOT NULL,
    approximate_receive_count INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT 0,
    approximate_first_receive_timestamp INTEGER,
    delay_until INTEGER,
    message_group_id TEXT,
    message_deduplication_id TEXT,
    sequence_number TEXT,
    receipt_handle TEXT,
    visibility_deadline INTEGER
  )`)
  database.close()
}

/** It would listen on every interface of the machine. */
function stayOnLoopback(): void {
  // oxlint-disable-next-line typescript/unbound-method -- applied to each server below
  const { listen } = Server.prototype
  Server.prototype.listen = function (this: Server, options: object, ...rest: readonly unknown[]): Server {
    return Reflect.apply(listen, this, [{ ...options, host: '127.0.0.1' }, ...rest])
  } as typeof listen
}
