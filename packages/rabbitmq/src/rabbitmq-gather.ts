import type { AmqpConnection } from './rabbitmq-driver.ts'

/**
 * The driver writes each message to the socket on its own, a system call each, which then take more time than all the rest.
 * Here all that is written in one turn leaves together; nothing waits for the next turn.
 */
export function gatherWrites(connection: AmqpConnection): void {
  const socket = connection.connection?.stream
  // Another version of the driver, without a socket to be seen: slower, and all the same.
  if (socket === undefined) return
  const write = socket.write.bind(socket)
  let gathering = false
  socket.write = (...args) => {
    if (!gathering) {
      gathering = true
      socket.cork()
      process.nextTick(() => {
        gathering = false
        socket.uncork()
      })
    }
    return write(...args)
  }
}
