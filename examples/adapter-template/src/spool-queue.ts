import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { QueueError, systemRuntime } from '@bananasjs/core/contract'
import type { Message, QueueCounts } from '@bananasjs/core/contract'
import { isGone } from './spool-errors.ts'
import { decodeFile, encodeFile, nameOf, newTicket, ticketOf } from './spool-file.ts'
import type { Ticket } from './spool-file.ts'

const PARTS = ['drafts', 'ready', 'leased', 'dead'] as const

export interface Leased {
  readonly message: Message
  readonly receipt: string
  readonly deliveries: number
}

/**
 * A queue is a folder with a folder for each state, a message is a file, and to change its state is to rename it: of two
 * who try, one succeeds, in whatever process they are. This is how mail has been spooled since maildir.
 */
export class SpoolQueue {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param name as users know it; kept in a file, since a folder cannot have every name */
  async make(name: string): Promise<void> {
    for (const part of PARTS) await mkdir(join(this.#folder, part), { recursive: true })
    await writeFile(join(this.#folder, 'name'), name)
  }

  /** A file appears whole, after its bytes have reached the disk. */
  async add(message: Message, ticket: Ticket = newTicket(message.delayMs)): Promise<void> {
    await this.#write('ready', ticket, encodeFile(message))
  }

  /** Resolves once all that was added or moved is known to the disk: a name is as durable as its folder. */
  async sync(): Promise<void> {
    const handle = await open(join(this.#folder, 'ready'), 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** Takes up to `max` messages that are due. */
  async lease(max: number, leaseMs: number): Promise<readonly Leased[]> {
    const now = systemRuntime.now()
    await this.#reclaim(now)
    const taken: Leased[] = []
    for (const ticket of (await this.#tickets('ready')).toSorted((a, b) =>
      nameOf(a) < nameOf(b) ? -1 : 1,
    )) {
      if (taken.length >= max || ticket.at > now) break
      const found = await this.#leaseOne(ticket, leaseMs)
      if (found !== undefined) taken.push(found)
    }
    return taken
  }

  /** What is leased now, by receipt. */
  async leases(): Promise<ReadonlyMap<string, Ticket>> {
    const now = systemRuntime.now()
    const held = (await this.#tickets('leased')).filter(
      ({ at, receipt }) => receipt !== undefined && at > now,
    )
    return new Map(held.map((ticket) => [ticket.receipt!, ticket]))
  }

  /** @returns the lease as it is now, or `undefined` when it is nobody's any more */
  async extend(lease: Ticket, leaseMs: number): Promise<Ticket | undefined> {
    const longer = { ...lease, at: systemRuntime.now() + leaseMs }
    return (await this.#move(['leased', lease], ['leased', longer])) ? longer : undefined
  }

  /** To the front, as if nobody had had it. False when the lease was lost, as below. */
  release(lease: Ticket): Promise<boolean> {
    const { file, deliveries } = lease
    return this.#move(['leased', lease], ['ready', { at: 0, file, deliveries: deliveries - 1 }])
  }

  async remove(lease: Ticket): Promise<boolean> {
    try {
      await rm(join(this.#folder, 'leased', nameOf(lease)))
      return true
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
  }

  async read(lease: Ticket): Promise<Message> {
    return decodeFile(await readFile(join(this.#folder, 'leased', nameOf(lease))))
  }

  /** The successor is there before the original goes: a crash in between runs a task twice. */
  async replace(lease: Ticket, message: Message): Promise<boolean> {
    await this.add(message, { ...newTicket(message.delayMs), deliveries: lease.deliveries })
    return this.remove(lease)
  }

  async bury(lease: Ticket, message: Message, reason: string): Promise<boolean> {
    await this.#write('dead', newTicket(0), encodeFile(message, reason))
    return this.remove(lease)
  }

  async counts(): Promise<QueueCounts> {
    const now = systemRuntime.now()
    const ready = await this.#tickets('ready')
    const leased = await this.#tickets('leased')
    const delayed = ready.filter(({ at }) => at > now).length
    const dead = (await this.#tickets('dead')).length
    return { ready: ready.length - delayed, delayed, leased: leased.length, dead }
  }

  async #leaseOne(ticket: Ticket, leaseMs: number): Promise<Leased | undefined> {
    const receipt = systemRuntime.id()
    const deliveries = ticket.deliveries + 1
    const lease = { at: systemRuntime.now() + leaseMs, file: ticket.file, deliveries, receipt }
    if (!(await this.#move(['ready', ticket], ['leased', lease]))) return undefined // somebody was faster
    try {
      return { message: await this.read(lease), receipt, deliveries }
    } catch (error) {
      if (!QueueError.is(error, 'UNDECODABLE')) throw error // its lease ends, and it comes again
      await this.#move(['leased', lease], ['dead', newTicket(0)])
      return undefined
    }
  }

  /** Whose lease has ended is due at once. */
  async #reclaim(now: number): Promise<void> {
    for (const lease of await this.#tickets('leased')) {
      const { at, file, deliveries } = lease
      if (at <= now) await this.#move(['leased', lease], ['ready', { at, file, deliveries }])
    }
  }

  async #write(part: 'ready' | 'dead', ticket: Ticket, bytes: Uint8Array): Promise<void> {
    const draft = join(this.#folder, 'drafts', nameOf(ticket))
    const file = await open(draft, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, join(this.#folder, part, nameOf(ticket)))
  }

  /** False when the file is not there any more. */
  async #move(from: readonly [string, Ticket], to: readonly [string, Ticket]): Promise<boolean> {
    const [old, wanted] = [from, to].map(([part, ticket]) => join(this.#folder, part, nameOf(ticket)))
    try {
      await rename(old!, wanted!)
      return true
    } catch (error) {
      if (isGone(error)) return false
      throw error
    }
  }

  async #tickets(part: (typeof PARTS)[number]): Promise<readonly Ticket[]> {
    const names = await readdir(join(this.#folder, part))
    return names.flatMap((name) => ticketOf(name) ?? [])
  }
}
