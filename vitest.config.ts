import { defineConfig } from 'vitest/config'
import { missingBrokers } from './tests/found-brokers.ts'

const { files: withoutBroker, notes } = missingBrokers()
for (const note of notes) process.stderr.write(`${note}\n`)

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/test/**/*.test.ts',
            'tests/**/*.test.ts',
            'examples/test/**/*.test.ts',
            'examples/*/test/*.test.ts',
            'benchmarks/test/**/*.test.ts',
          ],
          exclude: [
            '{packages,examples}/*/test/conformance*.test.ts',
            'packages/*/test/brokers/**',
            'tests/packed-*.test.ts',
            '**/node_modules/**',
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'conformance',
          include: ['packages/*/test/conformance*.test.ts', 'examples/*/test/conformance*.test.ts'],
          exclude: [...withoutBroker],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'brokers',
          include: ['packages/*/test/brokers/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...withoutBroker],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['integration/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'packed',
          include: ['tests/packed-*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
