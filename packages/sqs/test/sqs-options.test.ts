import { expect, test } from 'vitest'
import { sqs } from '../src/index.ts'
import { entryError, sqsError } from '../src/sqs-errors.ts'
import { settingsFrom } from '../src/sqs-options.ts'

test.each([
  ['a url of another kind', { url: 'redis://localhost' }, /begins with "redis:"/],
  ['no url at all', { url: 'localhost' }, /sqs:\/\/eu-central-1/],
  ['credentials in the url', { url: 'sqs+http://key:secret@localhost:4566' }, /credentials/],
  ['an address without a scheme of its own', { url: 'sqs://sqs.eu-central-1.amazonaws.com' }, /no region/],
  ['an option in the url that nobody knows', { url: 'sqs:?colour=red' }, /"colour"/],
  ['a prefix that SQS cannot spell', { prefix: 'a.b' }, /prefix/],
  ['a prefix that leaves no room', { prefix: 'x'.repeat(31) }, /prefix/],
  ['so few receives that hand-backs would bury a task', { maxReceiveCount: 3 }, /maxReceiveCount/],
  ['no calls at once', { parallel: 0 }, /parallel/],
  ['a negative patience', { recoveryMs: -1 }, /recoveryMs/],
  ['no time for a call', { commandMs: 0 }, /commandMs/],
  ['a fairness key on FIFO queues', { fifo: true, fairHeader: 'tenant' }, /fairHeader/],
])('%s is refused with INVALID', (_, options, expected) => {
  expect(() => sqs(options)).toThrow(expect.objectContaining({ code: 'INVALID' }))
  expect(() => sqs(options)).toThrow(expected)
})

test.each([
  ['sqs:', {}],
  ['sqs://eu-central-1', { region: 'eu-central-1' }],
  ['sqs://eu-central-1?prefix=shop-&fifo=true&create=false', { region: 'eu-central-1' }],
  ['sqs+http://localhost:4566', { endpoint: 'http://localhost:4566', region: 'us-east-1' }],
  ['sqs+http://localhost:4566?region=eu-west-1', { endpoint: 'http://localhost:4566', region: 'eu-west-1' }],
  [
    'https://sqs.eu-west-3.amazonaws.com',
    { endpoint: 'https://sqs.eu-west-3.amazonaws.com', region: 'eu-west-3' },
  ],
])('%s is read as an address', (url, expected) => {
  const { region, endpoint } = settingsFrom({ url }).connection
  expect({ ...(region && { region }), ...(endpoint && { endpoint }) }).toEqual(expected)
})

test('what stands in the url counts, what is spelled out counts more', () => {
  const url = 'sqs://eu-central-1?prefix=shop-&fifo=true&create=false'
  expect(settingsFrom({ url })).toMatchObject({ prefix: 'shop-', fifo: true, create: false })
  expect(settingsFrom({ url, prefix: 'own-', fifo: false })).toMatchObject({ prefix: 'own-', fifo: false })
})

test.each([
  ['ThrottlingException', 'RATE_LIMITED', true],
  ['RequestThrottled', 'RATE_LIMITED', true],
  ['KmsThrottled', 'RATE_LIMITED', true],
  ['OverLimit', 'RATE_LIMITED', true],
  ['ExpiredToken', 'DENIED', false],
  ['ExpiredTokenException', 'DENIED', false],
  ['RequestExpired', 'DENIED', false],
  ['CredentialsProviderError', 'DENIED', false],
  ['InvalidClientTokenId', 'DENIED', false],
  ['UnrecognizedClientException', 'DENIED', false],
  ['SignatureDoesNotMatch', 'DENIED', false],
  ['AccessDeniedException', 'DENIED', false],
  ['KmsAccessDenied', 'DENIED', false],
  ['QueueDoesNotExist', 'INVALID', false],
  ['QueueDeletedRecently', 'CONNECTION_LOST', true],
  ['QueueNameExists', 'INVALID', false],
  ['ReceiptHandleIsInvalid', 'LEASE_LOST', false],
  ['MessageNotInflight', 'LEASE_LOST', false],
  ['BatchRequestTooLong', 'TOO_LARGE', false],
  ['InternalError', 'CONNECTION_LOST', true],
  ['ServiceUnavailable', 'CONNECTION_LOST', true],
  ['SomethingNobodyHasHeardOf', 'INVALID', false],
])('"%s" is told as %s', (name, code, retryable) => {
  const cause = Object.assign(new Error('said so'), { name })
  expect(sqsError(cause, 'AWS in eu-central-1')).toMatchObject({ code, retryable, cause })
  expect(sqsError(cause, 'AWS in eu-central-1').message).toContain('AWS in eu-central-1')
})

test.each([
  ['connect ECONNREFUSED 127.0.0.1:1', {}, 'CONNECTION_LOST'],
  ['getaddrinfo ENOTFOUND sqs.nowhere', {}, 'CONNECTION_LOST'],
  ['socket hang up', {}, 'CONNECTION_LOST'],
  ['Unexpected token < in JSON', { httpStatusCode: 200 }, 'CONNECTION_LOST'],
  ['a page of a load balancer', { httpStatusCode: 502 }, 'CONNECTION_LOST'],
  ['slow down', { httpStatusCode: 429 }, 'RATE_LIMITED'],
  ['no', { httpStatusCode: 403 }, 'DENIED'],
  ['Total VisibilityTimeout for the message is beyond the limit [43200 seconds]', {}, 'LEASE_LOST'],
])('"%s" is told as %s %s', (text, metadata, code) => {
  expect(sqsError(Object.assign(new Error(text), { $metadata: metadata }), 'AWS').code).toBe(code)
})

test('an entry that is too long is TOO_LARGE, whatever SQS calls it', () => {
  const entry = { Code: 'InvalidParameterValue', Message: 'Message must be shorter than 262144 bytes.' }
  expect(entryError('AWS', entry).code).toBe('TOO_LARGE')
})

test('a transport can be made again in another thread, without what cannot travel there', () => {
  const blobs = { put: async () => {}, get: async () => undefined, delete: async () => {} }
  expect(sqs({ url: 'sqs://eu-central-1', blobs }).origin?.args).toEqual([{ url: 'sqs://eu-central-1' }])
  expect(sqs({ url: 'sqs://eu-central-1', driver: { retryMode: 'standard' } }).origin).toBeUndefined()
})
