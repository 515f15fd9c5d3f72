import { formatCount, formatSeconds } from './format.ts'

export interface ProgressView {
  update(done: number, total: number, sending: boolean): void
  note(text: string): void
  end(): void
}

const BAR = 28
const LINE_EVERY_MS = 2000

/** One line that changes on a terminal; now and then a line elsewhere. */
export function showProgress(stream: NodeJS.WriteStream, startedWith: number): ProgressView {
  const startedAt = performance.now()
  let shown = ''
  let lastLineAt = 0

  const clear = (): void => {
    if (shown !== '') stream.write('\r\u001b[K')
    shown = ''
  }
  return {
    update(done, total, sending) {
      const seconds = (performance.now() - startedAt) / 1000
      const rate = (done - startedWith) / Math.max(seconds, 0.001)
      const text = line({ done, total, sending, rate })
      if (stream.isTTY) {
        clear()
        shown = text.slice(0, Math.max(20, (stream.columns ?? 80) - 1))
        stream.write(shown)
      } else if (performance.now() - lastLineAt >= LINE_EVERY_MS) {
        lastLineAt = performance.now()
        stream.write(`${text}\n`)
      }
    },
    note(text) {
      clear()
      stream.write(`${text}\n`)
    },
    end: clear,
  }
}

interface Standing {
  readonly done: number
  readonly total: number
  readonly sending: boolean
  readonly rate: number
}

function line({ done, total, sending, rate }: Standing): string {
  const share = total === 0 ? 0 : Math.min(1, done / total)
  const full = Math.round(share * BAR)
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR - full)}`
  const left = rate > 0 && !sending ? `, ${formatSeconds((total - done) / rate)} left` : ''
  const of = sending ? `${formatCount(total)} found so far` : formatCount(total)
  return `${bar} ${formatCount(done)} of ${of}  ${formatCount(Math.max(0, Math.round(rate)))} files/s${left}`
}
