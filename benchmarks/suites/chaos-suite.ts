import { chaosIdle } from '../cases/chaos-idle.ts'
import { openRedis } from '../redis-server.ts'
import type { Suite } from '../suite.ts'

/** What chaos costs where it is installed and idle. */
export async function chaosSuite(tasks: number | undefined): Promise<Suite> {
  const server = await openRedis()
  return {
    cases: [chaosIdle(server, tasks)],
    environment: { redis: server.facts },
    close: () => server.close(),
  }
}
