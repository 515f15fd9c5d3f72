import type { Case } from './case.ts'
import type { Environment } from './environment.ts'

/** Cases that share servers and files. */
export interface Suite {
  readonly cases: readonly Case[]
  readonly environment: Partial<Environment>
  close(): Promise<void>
}
