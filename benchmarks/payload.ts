/** What every task carries: about 150 bytes of JSON. */
export interface Payload {
  /** Number of the task, from 0 on. */
  readonly n: number
  readonly url: string
  readonly user: string
  readonly tags: readonly string[]
  readonly width: number
}

export function payload(n: number): Payload {
  return {
    n,
    url: `https://images.example.com/originals/2026/04/picture-${String(n).padStart(9, '0')}.jpeg`,
    user: 'a81bc81b-dead-4e5d',
    tags: ['resize', 'web'],
    width: 1280,
  }
}

export function payloads(from: number, to: number): Payload[] {
  return Array.from({ length: to - from }, (_, index) => payload(from + index))
}
