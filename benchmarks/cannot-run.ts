/** The benchmarks cannot be run as asked; the message says why and what to do, so nobody needs the stack. */
export class CannotRun extends Error {
  override readonly name = 'CannotRun'
}
