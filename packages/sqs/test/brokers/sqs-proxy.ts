import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Entry {
  readonly Id: string
  readonly DelaySeconds?: number
  readonly MessageGroupId?: string
  readonly [name: string]: unknown
}

/** One call of the SDK on its way to the server. */
export interface Call {
  /** e.g. `SendMessageBatch` */
  readonly action: string
  readonly body: { readonly Entries?: readonly Entry[]; readonly [name: string]: unknown }
}

export interface Refusal {
  readonly status: number
  /** As SQS names the error. */
  readonly type: string
}

/** What becomes of a call; `undefined`: nothing, it passes. */
export type Fault =
  | Refusal
  /** The connection ends before the server has seen the call, or after it has done it. */
  | 'cut before'
  | 'cut after'
  /** Only these entries reach the server; of the others it is said that they failed. */
  | { readonly fail: readonly string[]; readonly type: string; readonly senderFault: boolean }
  | { readonly reply: (reply: Record<string, unknown>) => Record<string, unknown> }

export interface SqsProxy {
  readonly url: string
  readonly calls: Call[]
  /** Asked for every call until the next rule; by default every call passes. */
  rule: (call: Call) => Fault | undefined
  readonly count: (action: string) => number
  readonly stop: () => Promise<void>
}

/** Stands before an emulator and does what AWS does and the emulator does not: throttling, failures, range checks. */
export async function startSqsProxy(target: string): Promise<SqsProxy> {
  const server = createServer((request, response) => {
    handle(proxy, target, request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const calls: Call[] = []
  const proxy: SqsProxy = {
    url: `http://127.0.0.1:${port}`,
    calls,
    rule: () => undefined,
    count: (action) => calls.filter((call) => call.action === action).length,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}

async function handle(
  proxy: SqsProxy,
  target: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '')
  const call = { action, body: JSON.parse(await text(request)) as Call['body'] }
  proxy.calls.push(call)
  const fault = proxy.rule(call)
  if (fault === 'cut before') return void response.destroy()
  if (typeof fault === 'object' && 'status' in fault) return refuse(response, fault)
  const failing = typeof fault === 'object' && 'fail' in fault ? fault : undefined
  const { passed, failed } = sorted(call, failing)
  const answer = await pass(target, request, passed)
  if (fault === 'cut after') return void response.destroy()
  let reply = JSON.parse(answer.body) as Record<string, unknown>
  if (failed.length > 0) reply = { ...reply, Failed: [...((reply['Failed'] as object[]) ?? []), ...failed] }
  if (typeof fault === 'object' && 'reply' in fault) reply = fault.reply(reply)
  response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify(reply))
}

function refuse(response: ServerResponse, { status, type }: Refusal): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message: `${type}, says the proxy` }))
}

/** AWS delays by 900 seconds at most; the emulator would take any number. */
function sorted(
  { body }: Call,
  failing:
    | { readonly fail: readonly string[]; readonly type: string; readonly senderFault: boolean }
    | undefined,
): { readonly passed: Call['body']; readonly failed: readonly object[] } {
  if (body.Entries === undefined) return { passed: body, failed: [] }
  const failed: object[] = []
  const passed = body.Entries.filter(({ Id, DelaySeconds = 0 }) => {
    const fault =
      DelaySeconds > 900
        ? { Code: 'InvalidParameterValue', SenderFault: true }
        : failing?.fail.includes(Id) === true
          ? { Code: failing.type, SenderFault: failing.senderFault }
          : undefined
    if (fault !== undefined) failed.push({ Id, ...fault, Message: `${fault.Code}, says the proxy` })
    return fault === undefined
  })
  return { passed: { ...body, Entries: passed }, failed }
}

/** An empty rest is not sent: SQS refuses a batch of nothing. */
async function pass(
  target: string,
  original: IncomingMessage,
  body: Call['body'],
): Promise<{ readonly status: number; readonly body: string }> {
  if (body.Entries?.length === 0) return { status: 200, body: '{}' }
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = { ...original.headers, 'content-length': String(bytes.length) }
  const out = forward(target, { method: 'POST', headers })
  out.end(bytes)
  const [answer] = (await once(out, 'response')) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, body: await text(answer) }
}

async function text(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
