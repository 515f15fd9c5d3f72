export { virtualRuntime } from './virtual-runtime.ts'
export type { VirtualRuntime } from './virtual-runtime.ts'
