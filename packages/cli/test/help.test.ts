import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../src/program/create-program.ts'
import { project } from './project.ts'

const COMMANDS = [
  'worker',
  'enqueue',
  'queues',
  'inspect',
  'results',
  'dead list',
  'dead redrive',
  'dead drop',
  'purge',
  'revoke',
  'ping',
  'events',
  'doctor',
  'workflow show',
  'workflow cancel',
  'workflow retry',
  'chaos run',
  'chaos plan',
  'chaos list',
  'chaos stop',
  'chaos compare',
] as const

describe('help', () => {
  it('lists every command, the ways to name a broker, and the exit codes', () => {
    const text = helpOf([])
    for (const command of COMMANDS) expect(text).toContain(`\n  ${command.split(' ')[0]!}`)
    expect(text).toContain('--broker, BANANAS_URL, bananas.config.')
    expect(text).toContain('Exit codes: 0 done')
  })

  it.each(COMMANDS)('of "%s" has a usage, a summary, the global flags and examples that parse', (name) => {
    const text = helpOf(name.split(' '))
    expect(text).toMatch(new RegExp(`^Usage: bananas ${name}`))
    expect(text).toContain('--json')
    const examples = [...text.matchAll(/^ {2}\$ bananas (.+)$/gm)].map((match) => match[1]!)
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      expect(example).toMatch(new RegExp(`^${name}(?: |$)`))
      expect(unknownFlags(example, name)).toEqual([])
    }
  })

  it('comes from the program itself with exit code 0 and nothing on standard error', async () => {
    const { bananas } = project()
    for (const args of [['--help'], ['enqueue', '--help'], ['dead', 'list', '--help']]) {
      const { code, stdout, stderr } = await bananas(args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('Usage: bananas')
    }
  })

  it.each([[[]], [['dead']]])('answers %j, which lacks a command, with exit code 2', async (args) => {
    const { code, stdout, stderr } = await project().bananas(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Commands:')
    expect(stderr).not.toContain('error:')
  })

  it('knows the version', async () => {
    const { code, stdout } = await project().bananas(['--version'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

function helpOf(path: readonly string[]): string {
  let text = ''
  const command = commandAt(path)
  command.configureOutput({ writeOut: (chunk) => void (text += chunk) })
  command.outputHelp()
  return text
}

function commandAt(path: readonly string[]): Command {
  return path.reduce<Command>(
    (parent, name) => parent.commands.find((command) => command.name() === name)!,
    createProgram(() => undefined),
  )
}

/** Flags of an example that its command does not have. */
function unknownFlags(example: string, name: string): readonly string[] {
  const command = commandAt(name.split(' '))
  const known = new Set(
    [...command.options, ...command.parent!.options, ...createProgram(() => undefined).options].flatMap(
      ({ short, long }) => [short, long],
    ),
  )
  const own = example.split(/ [|<&]/)[0]!.replace(/'[^']*'|"[^"]*"/g, '')
  return [...own.matchAll(/ (--?[a-z][a-z-]*)/g)].map((match) => match[1]!).filter((flag) => !known.has(flag))
}
