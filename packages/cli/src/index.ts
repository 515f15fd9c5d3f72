export { defineConfig } from './config/define-config.ts'
export type { AnyTask, AppOverrides, BananasConfig } from './config/define-config.ts'
