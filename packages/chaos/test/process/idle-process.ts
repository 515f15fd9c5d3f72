/** A process that is there to be hurt: says each 10 ms that it lives. */
setInterval(() => process.stdout.write('.'), 10)
process.on('SIGTERM', () => process.exit(0))
