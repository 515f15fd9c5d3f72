import { expect, it } from 'vitest'
import { Bananas, defineTask } from '../src/index.ts'
import type { PluginHost } from '../src/index.ts'
import { memory } from '../src/memory/index.ts'

it('shows its plugins and its tools the same host', async () => {
  let given: PluginHost | undefined
  const plugin = { name: 'looks', attach: (host: PluginHost) => void (given = host) }
  await using app = new Bananas({ transport: memory(), namespace: 'shop', plugins: [plugin] })
  expect(app.host).toBe(given)
  expect(app.host.namespace).toBe('shop')
  await app.host.ready()
  const sent = await app.host.enqueue({ task: defineTask('work'), input: undefined, options: {} })
  expect(sent.duplicate).toBe(false)
})
