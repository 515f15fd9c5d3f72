/** Node calls `node:sqlite` and type stripping experimental on every start; people who run a command cannot act on it. */
export function quietWarnings(argv: readonly string[]): void {
  if (argv.includes('--verbose') || argv.includes('-v')) return
  const print = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning') return
    for (const listener of print) listener(warning)
  })
}
