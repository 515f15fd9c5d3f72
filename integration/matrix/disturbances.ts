import { setTimeout as sleep } from 'node:timers/promises'
import type { BrokerOnTrial, Starter } from './broker-on-trial.ts'
import type { Crew } from './crew.ts'
import type { Link } from './link.ts'

/** What a disturbance may lay hands on. */
export interface Stage {
  readonly broker: BrokerOnTrial
  readonly crew: Crew
  readonly link: Link
  /** Waits until this share of the tasks has been sent. */
  readonly progress: (share: number) => Promise<void>
  /** How many tasks have not run to their end. */
  readonly left: () => number
}

export interface Disturbance {
  readonly name: string
  /** How many of the starter's tasks it takes to show it. */
  readonly share: number
  /** Of the workers. Default {@link LEASE_MS}. */
  readonly leaseMs?: number
  /** What the broker must allow. */
  readonly needs?: Starter['can'][number] | undefined
  readonly run: (stage: Stage) => Promise<void>
}

/** Leases end while nobody can be reached. */
export const LEASE_MS = 2000
/** Work must not run twice unless who had it was killed, and a machine may stand still for a while. */
const LONG_LEASE_MS = 6000
const KILL_EVERY_MS = 300
const LAST = 100
/** Long enough for every client to notice. */
const AWAY_MS = 300
/** Longer than a lease. */
const DEAF_MS = 3000
const SHARES = [0.2, 0.4, 0.6]

/**
 * From the first task on, each when something was done since the one before: on a slow machine they would be killed before
 * they begin. The last ones are left in peace, or the tail would be killed for ever.
 */
const workerKills: Disturbance = {
  name: 'workers killed',
  share: 1,
  leaseMs: LONG_LEASE_MS,
  async run({ crew, left }) {
    for (let before = left(); before > LAST; before = left()) {
      do await sleep(KILL_EVERY_MS)
      while (left() === before)
      crew.killOne()
    }
  },
}

const brokerRestarts: Disturbance = {
  name: 'broker killed and restarted',
  share: 0.3,
  needs: 'restart',
  run: async ({ broker, progress }) => {
    for (const share of SHARES) {
      await progress(share)
      await broker.restart!()
    }
  },
}

const leaderChanged: Disturbance = {
  name: 'leader changed',
  share: 0.3,
  needs: 'failover',
  run: async ({ broker, progress }) => {
    for (const share of [0.3, 0.6]) {
      await progress(share)
      await broker.failover!()
    }
  },
}

const cutBefore = onLink('network cut before calls', async (link) => {
  link.cut()
  await sleep(AWAY_MS)
})

const cutMidRequest = onLink('network cut in mid-request', async (link) => {
  link.cutAfter('up', 1 + Math.floor(Math.random() * 2000))
  await sleep(AWAY_MS)
})

const cutMidResponse = onLink('network cut in mid-response', async (link) => {
  link.cutAfter('down', 1 + Math.floor(Math.random() * 100))
  await sleep(AWAY_MS)
})

const halfOpen = onLink(
  'half-open: answers vanish',
  async (link) => {
    link.silence('down')
    await sleep(DEAF_MS)
  },
  [0.3],
)

const slow: Disturbance = {
  name: 'slow network',
  share: 0.1,
  needs: 'link',
  async run({ link, progress }) {
    await progress(0.1)
    link.slow(20, 60)
    await progress(0.5)
  },
}

/** Does it to the link, heals, and again a little later. */
function onLink(
  name: string,
  hurt: (link: Link) => Promise<void>,
  shares: readonly number[] = SHARES,
): Disturbance {
  return {
    name,
    share: 0.2,
    needs: 'link',
    async run({ link, progress }) {
      for (const share of shares) {
        await progress(share)
        await hurt(link)
        await link.heal()
      }
    },
  }
}

export const DISTURBANCES: readonly Disturbance[] = [
  workerKills,
  brokerRestarts,
  leaderChanged,
  cutBefore,
  cutMidRequest,
  cutMidResponse,
  halfOpen,
  slow,
]
