import { QueueError } from '@bananasjs/core/contract'
import type { BlobStore } from './blob-store.ts'
import type { SqsDriver } from './sqs-driver.ts'

export interface SqsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** What both ways of making a transport take. */
export interface SqsCommonOptions {
  /** Starts the name of every queue: letters, digits, `-` and `_`, at most 30. Default `bananas-`. */
  readonly prefix?: string | undefined
  /** FIFO queues instead of standard ones: order within a group, no second publish of an id, no delays. Default `false`. */
  readonly fifo?: boolean | undefined
  /** Make queues that are missing. With `false` they must be there, and a missing one is an error. Default `true`. */
  readonly create?: boolean | undefined
  /**
   * Queues that are made get a redrive policy: after so many receives SQS itself moves a message to the dead letters.
   * At least 10, better 1000: Bananas counts attempts and crashes by itself. Default: no policy.
   */
  readonly maxReceiveCount?: number | undefined
  /** Takes bodies that are too large for the queue. Default: they are refused with TOO_LARGE. */
  readonly blobs?: BlobStore | undefined
  /** On standard queues: the header whose value is the fairness key (MessageGroupId), e.g. `tenant`. */
  readonly fairHeader?: string | undefined
  /** Most calls on their way at once for one publish, settle or receive. Default 16. */
  readonly parallel?: number | undefined
  /** How long a call is tried again while SQS throttles or cannot be reached. Default 10,000. */
  readonly recoveryMs?: number | undefined
  /** How long a call may take beyond what it waits for on purpose. Default 15,000. */
  readonly commandMs?: number | undefined
}

export interface SqsOptions extends SqsCommonOptions {
  /** `sqs:`, `sqs://eu-central-1`, or `sqs+http://localhost:4566` for an emulator. */
  readonly url?: string | undefined
  /** Default: as the AWS SDK finds it (AWS_REGION, the profile). */
  readonly region?: string | undefined
  /** Where SQS is, when it is not at AWS. */
  readonly endpoint?: string | undefined
  /** Default: as the AWS SDK finds them (environment, profile, role). */
  readonly credentials?: SqsCredentials | undefined
  /** Handed to the SDK's client as it is. */
  readonly driver?: Readonly<Record<string, unknown>> | undefined
}

export interface SqsClientOptions<D extends SqsDriver> extends SqsCommonOptions {
  /** An `SQSClient` of the AWS SDK. It stays yours: closing the transport leaves it open. */
  readonly client: D
}

export interface Settings {
  readonly prefix: string
  readonly fifo: boolean
  readonly create: boolean
  readonly maxReceiveCount: number | undefined
  readonly blobs: BlobStore | undefined
  readonly fairHeader: string | undefined
  readonly parallel: number
  readonly recoveryMs: number
  readonly commandMs: number
  readonly given: SqsDriver | undefined
  readonly connection: SqsOptions
}

/** With fewer, tasks that were only given back would end as dead letters. */
export const FEWEST_RECEIVES = 10

const DEFAULTS = {
  prefix: 'bananas-',
  fifo: false,
  create: true,
  maxReceiveCount: undefined,
  blobs: undefined,
  fairHeader: undefined,
  parallel: 16,
  recoveryMs: 10_000,
  commandMs: 15_000,
} as const

/** @throws QueueError INVALID naming the option. */
export function settingsFrom(options: SqsOptions | SqsClientOptions<SqsDriver>): Settings {
  const given = 'client' in options ? options.client : undefined
  const connection = 'client' in options ? {} : { ...fromUrl(options.url), ...defined(options) }
  const common: SqsCommonOptions = 'client' in options ? options : connection
  const settings: Settings = { ...DEFAULTS, ...defined(common), given, connection }
  check(settings)
  return settings
}

function check({ prefix, fifo, fairHeader, maxReceiveCount, ...numbers }: Settings): void {
  if (typeof prefix !== 'string' || !/^[\w-]{0,30}$/.test(prefix)) {
    throw invalid(`prefix must be up to 30 letters, digits, "-" and "_", not ${JSON.stringify(prefix)}`)
  }
  if (fifo && fairHeader !== undefined) {
    throw invalid(
      'fairHeader is for standard queues; on FIFO queues the group of a task is its MessageGroupId',
    )
  }
  if (
    maxReceiveCount !== undefined &&
    !(Number.isInteger(maxReceiveCount) && maxReceiveCount >= FEWEST_RECEIVES)
  ) {
    throw invalid(
      `maxReceiveCount must be a whole number of at least ${FEWEST_RECEIVES}, not ${maxReceiveCount}`,
    )
  }
  checkNumbers(numbers)
}

function checkNumbers({
  parallel,
  recoveryMs,
  commandMs,
}: Pick<Settings, 'parallel' | 'recoveryMs' | 'commandMs'>): void {
  if (!(Number.isInteger(parallel) && parallel >= 1 && parallel <= 100)) {
    throw invalid(`parallel must be a whole number from 1 to 100, not ${parallel}`)
  }
  if (!(recoveryMs >= 0)) throw invalid(`recoveryMs must be at least 0, not ${recoveryMs}`)
  if (!(commandMs > 0)) throw invalid(`commandMs must be above 0, not ${commandMs}`)
}

/** An option that was spelled out wins over the address. */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> }
}

function fromUrl(url: string | undefined): SqsOptions {
  if (url === undefined || url === 'sqs:') return {}
  const parsed = parse(url)
  const { protocol, host, hostname, searchParams } = parsed
  const unknown = [...searchParams.keys()].find(
    (key) => !['region', 'prefix', 'fifo', 'create'].includes(key),
  )
  if (unknown !== undefined) throw invalid(`the url sets "${unknown}", which is not known. ${EXAMPLE}`)
  const flag = (name: string): boolean | undefined =>
    searchParams.has(name) ? searchParams.get(name) !== 'false' : undefined
  const common = {
    prefix: searchParams.get('prefix') ?? undefined,
    fifo: flag('fifo'),
    create: flag('create'),
  }
  const region = searchParams.get('region') ?? undefined
  if (protocol === 'sqs:') return { ...common, region: region ?? (host === '' ? undefined : host) }
  const scheme = protocol.replace('sqs+', '')
  return { ...common, endpoint: `${scheme}//${host}`, region: region ?? regionOf(hostname) }
}

const EXAMPLE = 'Write it like sqs:, sqs://eu-central-1, or sqs+http://localhost:4566 for an emulator.'

function parse(url: string): URL {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid(`the url cannot be read. ${EXAMPLE}`)
  }
  const { protocol, host, username, password } = parsed
  if (!['sqs:', 'sqs+http:', 'sqs+https:', 'http:', 'https:'].includes(protocol)) {
    throw invalid(`the url begins with "${protocol}". ${EXAMPLE}`)
  }
  if (username !== '' || password !== '') {
    throw invalid(
      'credentials do not belong into the url. Use the environment, a profile, or the option credentials',
    )
  }
  if (protocol === 'sqs:' && !/^[a-z0-9-]*$/.test(host)) {
    throw invalid(`"${host}" is no region. ${EXAMPLE}`)
  }
  return parsed
}

/** Of an address at AWS; an emulator takes any. */
function regionOf(hostname: string): string | undefined {
  const found = /^sqs[.-]([a-z0-9-]+)\.(?:amazonaws\.com|api\.aws)/.exec(hostname)?.[1]
  return found ?? (hostname.endsWith('.amazonaws.com') ? undefined : 'us-east-1')
}

function invalid(why: string): QueueError {
  return new QueueError('INVALID', `sqs: ${why}.`)
}
