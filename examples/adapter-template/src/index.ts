export { spool } from './spool-transport.ts'
export type { SpoolTransport } from './spool-transport.ts'
export type { SpoolOptions } from './spool-options.ts'
