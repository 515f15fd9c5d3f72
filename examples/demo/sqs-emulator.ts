import { startSqsProcess } from '../../packages/sqs/test/brokers/sqs-process.ts'
import type { DemoBroker } from './broker.ts'

/**
 * SQS runs at AWS alone: it is the one that BANANAS_SQS_URL names (`sqs://eu-central-1`, with credentials where the AWS SDK
 * finds them), else the emulator fauxqs that the tests use, with its data in the run's folder.
 */
export async function openSqs(folder: string): Promise<DemoBroker> {
  const given = process.env['BANANAS_SQS_URL']
  const stop = async (): Promise<void> => undefined
  if (given !== undefined)
    return { url: given.replace(/^http/, 'sqs+http'), where: 'SQS at BANANAS_SQS_URL', stop }
  const emulator = await startSqsProcess(folder)
  return {
    url: `sqs+${emulator.url}`,
    where: 'an emulator of SQS (fauxqs; set BANANAS_SQS_URL=sqs://region for the one at AWS)',
    stop: emulator.stop,
  }
}
