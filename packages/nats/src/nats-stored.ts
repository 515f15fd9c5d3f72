import type { Api } from './nats-api.ts'
import { ERROR, isRefused, orAbsent } from './nats-errors.ts'

/** A message as the leader of its stream gives it. */
export interface StoredMessage {
  readonly seq: number
  readonly time: string
  /** Base64, as the rest; absent when empty. */
  readonly data?: string
  readonly hdrs?: string
}

/** By its number; the last one on a subject; or the first on a subject, which may have wildcards, from a number on. */
export type Wanted =
  | { readonly seq: number; readonly next_by_subj?: string }
  | { readonly last_by_subj: string }

/** `undefined` where there is none. @throws RefusedError, QueueError */
export async function readStored(
  api: Api,
  stream: string,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<StoredMessage | undefined> {
  const answer = api.request<{ readonly message: StoredMessage }>(`STREAM.MSG.GET.${stream}`, wanted, signal)
  return (await orAbsent(answer, ERROR.messageMissing))?.message
}

/** @returns whether it was still there. @throws RefusedError, QueueError */
export async function deleteStored(
  api: Api,
  stream: string,
  seq: number,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await api.request(`STREAM.MSG.DELETE.${stream}`, { seq, no_erase: true }, signal)
    return true
  } catch (error) {
    if (isRefused(error, ERROR.messageMissing) || isRefused(error, ERROR.deleteFailed)) return false
    throw error
  }
}
