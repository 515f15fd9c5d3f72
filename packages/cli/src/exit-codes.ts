/** What the process says with its exit code. Documented in `--help` and the README; scripts rely on it. */
export const EXIT = {
  done: 0,
  /** It was carried out and the answer is bad: a task failed, doctor found errors, nothing matched. */
  failed: 1,
  /** A wrong flag, argument, environment variable or config file. */
  usage: 2,
  /** The broker cannot be reached or refuses the credentials. */
  unreachable: 3,
  /** The wait is over; what was waited for goes on. */
  timeout: 4,
  /** SIGINT. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const
