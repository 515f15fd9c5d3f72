import { buildApp } from 'fauxqs'

/** The emulator as a program of its own, on loopback alone; its state lasts as long as the process. */
const app = buildApp({ logger: false, host: 'localhost' })
await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) })
