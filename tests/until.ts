/** Below the limit of a unit test, so that the failure names what was awaited. */
const LIMIT_MS = 29_000
const LOOK_MS = 5

/** Waits for a condition instead of a time, and looks every `lookMs`. @throws Error after `limitMs`, naming what was awaited in vain */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limitMs: number = LIMIT_MS,
  lookMs: number = LOOK_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}
