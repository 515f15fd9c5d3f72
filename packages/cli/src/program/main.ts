import { CommanderError } from 'commander'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'
import { Output } from '../output/output.ts'
import { reportError } from '../session/report-error.ts'
import { createProgram } from './create-program.ts'

/** Reads the command line and runs it. Returns the exit code; never rejects. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done
  const program = createProgram((result) => (code = result))
  try {
    await program.parseAsync([...argv])
    return code
  } catch (error) {
    const { stdout, stderr, env } = process
    const out = new Output({ stdout, stderr, env, json: argv.includes('--json'), verbose: false })
    if (!(error instanceof CommanderError)) return reportError(error, out)
    // `--help` and `--version` end this way too.
    if (error.exitCode === 0) return EXIT.done
    // A group without one of its commands: its help, just shown on standard error, is the answer.
    if (error.code === 'commander.help') return EXIT.usage
    return reportError(new CliError(usage(error.message)), out)
  }
}

function usage(message: string): string {
  const plain = message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  return `${plain}${/[.?)]$/.test(plain) ? '' : '.'} See: bananas --help`
}
