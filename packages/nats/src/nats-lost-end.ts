import { sleep, systemRuntime } from '@bananasjs/core/contract'
import type { Api, ConsumerInfo, StreamInfo } from './nats-api.ts'

/** So often is looked whether a consumer is ahead of its stream, before that is believed. */
const LOOKS = 3
/** A leader that was just chosen may be behind for a moment. */
const LOOK_AGAIN_MS = 500

/**
 * Has the consumer handed out what its stream does not know yet? So it is after a power cut or from a backup, where the
 * end of the stream was lost and the consumer's memory was not. The stream gives those numbers out again, and what bears
 * them then would be handed to nobody.
 */
export async function isAhead(api: Api, stream: string, consumer: ConsumerInfo): Promise<boolean> {
  for (let look = 1; ; look += 1) {
    // Asked after the consumer, so a stream that only grew meanwhile is no sign.
    const { state } = await api.request<StreamInfo>(`STREAM.INFO.${stream}`)
    if (consumer.delivered.stream_seq <= state.last_seq) return false
    if (look === LOOKS) return true
    await sleep(systemRuntime, LOOK_AGAIN_MS)
  }
}
