import { SQSClient } from '@aws-sdk/client-sqs'
import type { SqsDriver } from './sqs-driver.ts'
import type { SqsOptions } from './sqs-options.ts'

/** A waiting receive takes a connection of its own, and so does every call beside it. */
const SOCKETS = 500
const HANDLER = {
  connectionTimeout: 5000,
  httpAgent: { keepAlive: true, maxSockets: SOCKETS },
  httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
} as const

/** Repeats nothing by itself: what may be done twice is decided here, call by call. */
export function connect({ region, endpoint, credentials, driver }: SqsOptions): SqsDriver {
  return new SQSClient({
    maxAttempts: 1,
    requestHandler: HANDLER,
    ...(region === undefined ? undefined : { region }),
    ...(credentials === undefined ? undefined : { credentials }),
    // The addresses that an emulator or a proxy hands out need not be reachable from here.
    ...(endpoint === undefined ? undefined : { endpoint, useQueueUrlAsEndpoint: false }),
    ...driver,
  })
}

/** How errors name the server. */
export function describeServer({ region, endpoint }: SqsOptions): string {
  if (endpoint !== undefined) return `the server at ${endpoint}`
  return region === undefined ? 'AWS' : `AWS in ${region}`
}
