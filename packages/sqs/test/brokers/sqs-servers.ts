import { startSqsProcess } from './sqs-process.ts'

export interface FoundServer {
  /** Shown in the titles of tests. */
  readonly name: string
  readonly url: string
  readonly stop: () => Promise<void>
}

/** The SQS to test on: the one at BANANAS_SQS_URL (an emulator's address, or AWS's), or else fauxqs. */
export async function findServer(): Promise<FoundServer> {
  const address = process.env['BANANAS_SQS_URL']
  if (address !== undefined) return { name: 'at BANANAS_SQS_URL', url: address, stop: async () => undefined }
  const { url, stop } = await startSqsProcess()
  return { name: 'on fauxqs', url, stop }
}

/** An emulator takes any; AWS takes those of the environment. */
export const CREDENTIALS = {
  accessKeyId: process.env['AWS_ACCESS_KEY_ID'] ?? 'test',
  secretAccessKey: process.env['AWS_SECRET_ACCESS_KEY'] ?? 'test',
}
