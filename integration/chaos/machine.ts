import { cpus, release, totalmem } from 'node:os'

/** Where and when something was measured, as a sentence. */
export function machine(): string {
  const [cpu] = cpus()
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 1e9)} GB, Linux ${release()}, Node.js ${process.versions.node}.`
}
