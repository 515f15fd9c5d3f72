/** What a receipt says: which row, under which lease, and whether its body lies apart (which saves looking). */
export interface Receipt {
  readonly seq: number
  readonly token: number
  readonly apart: boolean
}

export function formatReceipt({ seq, token, apart }: Receipt): string {
  return `${seq}.${token}${apart ? '.b' : ''}`
}

/** @returns `undefined` for text this package never wrote: a lost lease like any other. */
export function parseReceipt(text: string): Receipt | undefined {
  const dot = text.indexOf('.')
  const apart = text.endsWith('.b')
  const seq = Number(text.slice(0, dot))
  const token = Number(apart ? text.slice(dot + 1, -2) : text.slice(dot + 1))
  return dot > 0 && Number.isSafeInteger(seq) && token > 0 ? { seq, token, apart } : undefined
}
