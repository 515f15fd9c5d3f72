import { jsonSerializer } from '@bananasjs/core'
import { describeSerializer } from '../src/vitest.ts'

describeSerializer('json', { create: () => jsonSerializer })
