import type {
  Abortable,
  Failure,
  ResultBackend,
  ResultRecord,
  ResultSupports,
} from '@bananasjs/core/contract'
import { beforeCall, failed, partialFailures, sendRest, underFaults } from './call-faults.ts'
import type { Call } from './call-faults.ts'
import type { ChaosController } from './chaos-controller.ts'

/** A result backend under faults. */
export class ChaoticResultBackend implements ResultBackend {
  readonly name: string
  readonly watch?: NonNullable<ResultBackend['watch']>
  readonly #inner: ResultBackend
  readonly #chaos: ChaosController

  constructor(inner: ResultBackend, chaos: ChaosController) {
    this.name = inner.name
    this.#inner = inner
    this.#chaos = chaos
    if (inner.watch) this.watch = (ids, options) => this.#watch(ids, options)
  }

  get supports(): ResultSupports {
    return this.#inner.supports
  }

  open(options?: Abortable): Promise<void> {
    return this.#under('open', options, () => this.#inner.open(options))
  }

  put(records: readonly ResultRecord[], options?: Abortable): Promise<readonly Failure[]> {
    if (this.#chaos.idle) return this.#inner.put(records, options)
    return this.#under('put', options, () => {
      const subjects = records.map(({ id }) => ({ key: id, method: 'results.put' }))
      const failures = partialFailures(this.#chaos, subjects)
      return sendRest(records, failures, (rest) => this.#inner.put(rest, options))
    })
  }

  get(ids: readonly string[], options?: Abortable): Promise<readonly (ResultRecord | undefined)[]> {
    if (this.#chaos.idle) return this.#inner.get(ids, options)
    return this.#under('get', options, async () => {
      const records = await this.#inner.get(ids, options)
      return records.map((record, index) => this.#asSeen(record, ids[index]!))
    })
  }

  swap(
    key: string,
    expected: Uint8Array | null,
    next: Uint8Array | null,
    ttlMs: number,
  ): Promise<Uint8Array | null> {
    return this.#under('swap', undefined, () => this.#inner.swap(key, expected, next, ttlMs))
  }

  arrive(join: string, positions: readonly number[], ttlMs: number): Promise<number> {
    return this.#under('arrive', undefined, () => this.#inner.arrive(join, positions, ttlMs))
  }

  close(): Promise<void> {
    return this.#under('close', undefined, () => this.#inner.close())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** As from a replica that lags behind. */
  #asSeen(record: ResultRecord | undefined, id: string): ResultRecord | undefined {
    if (record === undefined || !this.#chaos.has('call.stale-read')) return record
    const stale = this.#chaos.bite('call.stale-read', { key: id, method: 'results.get' })
    return stale === undefined ? record : undefined
  }

  async *#watch(ids: readonly string[], options?: Abortable): AsyncGenerator<ResultRecord> {
    const call: Call = { method: 'results.watch', signal: options?.signal }
    await beforeCall(this.#chaos, call)
    for await (const record of this.#inner.watch!(ids, options)) {
      yield record
      if (!this.#chaos.idle && this.#chaos.bite('call.fail-after', { ...call, key: record.id }) !== undefined)
        throw failed(call, undefined, 'broke off')
    }
  }

  #under<T>(method: string, options: Abortable | undefined, effect: () => Promise<T>): Promise<T> {
    if (this.#chaos.idle) return effect()
    return underFaults(this.#chaos, { method: `results.${method}`, signal: options?.signal }, effect)
  }
}
