import type { NatsDriver } from './nats-driver.ts'

/** What the driver keeps behind its doors. */
interface Inside {
  readonly protocol?: { readonly sendCommand?: (command: string) => void }
}

const SPACE = /\s/

/**
 * Publishes the same on many subjects. The driver encodes each publish on its own, which for acknowledgements is as much
 * work as reading the messages was: here all of them are one text.
 * @param payload of ASCII alone
 * @throws what the driver throws for what it cannot send
 */
export function publishOnEach(driver: NatsDriver, subjects: readonly string[], payload: string): void {
  const { protocol } = driver as Inside
  // Another version of the driver, or a subject that it is to refuse: slower, and all the same.
  if (
    typeof protocol?.sendCommand !== 'function' ||
    driver.isClosed() ||
    subjects.some((one) => SPACE.test(one))
  ) {
    for (const subject of subjects) driver.publish(subject, payload)
    return
  }
  if (subjects.length === 0) return
  const end = ` ${payload.length}\r\n${payload}\r\n`
  let text = ''
  for (const subject of subjects) text += `PUB ${subject}${end}`
  protocol.sendCommand(text)
}
