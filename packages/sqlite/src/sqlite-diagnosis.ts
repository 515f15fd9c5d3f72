import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Diagnosis } from '@bananasjs/core/contract'
import type { SqliteClient } from './sqlite-client.ts'
import { synchronousOf } from './sqlite-options.ts'

const MEGABYTE = 1024 * 1024
/** quick_check reads the whole file and blocks: above this size it is left to the command line. */
const CHECK_BYTES = 64 * MEGABYTE
const LOW_DISK_BYTES = 256 * MEGABYTE
const LARGE_WAL_BYTES = 256 * MEGABYTE

/** What the file and its settings really give. The client is open. */
export async function diagnose(client: SqliteClient): Promise<readonly Diagnosis[]> {
  const checks = [
    version(client),
    journal(client),
    powerLoss(client),
    await writable(client),
    integrity(client),
  ]
  if (client.file !== '') checks.push(await freeSpace(client.file), await walSize(client.file))
  return checks
}

function version(client: SqliteClient): Diagnosis {
  const { v } = client.prepare('SELECT sqlite_version() AS v').get() as { v: string }
  return { check: 'sqlite version', level: 'ok', found: `SQLite ${v}, Node.js ${process.versions.node}` }
}

function journal(client: SqliteClient): Diagnosis {
  const check = 'journal mode'
  const { journal_mode: mode } = client.prepare('PRAGMA journal_mode').get() as { journal_mode: string }
  if (mode === 'wal') return { check, level: 'ok', found: 'wal' }
  if (mode === 'memory')
    return {
      check,
      level: 'warning',
      found: 'a database in memory',
      fix: 'Name a file to keep tasks beyond this process.',
    }
  return {
    check,
    level: 'warning',
    found: mode,
    fix: 'WAL was refused: put the file on a local disk that supports shared memory.',
  }
}

function powerLoss(client: SqliteClient): Diagnosis {
  const check = 'power loss'
  if (client.file === '') return { check, level: 'warning', found: 'everything is lost with the process' }
  const level = synchronousOf(client.database)
  if (level >= 2)
    return {
      check,
      level: 'ok',
      found: 'synchronous=FULL: every acknowledged write survives, if the disk keeps its word',
    }
  const fix = "Use synchronous: 'FULL' (the default) where that matters."
  if (level === 1)
    return {
      check,
      level: 'warning',
      found: 'synchronous=NORMAL: the last moments before a power cut may be lost',
      fix,
    }
  return { check, level: 'error', found: 'synchronous=OFF: a power cut may damage the file', fix }
}

async function writable(client: SqliteClient): Promise<Diagnosis> {
  const check = 'writable'
  try {
    await client.write(() => undefined)
    return { check, level: 'ok', found: 'the write lock could be taken' }
  } catch (error) {
    return { check, level: 'error', found: (error as Error).message, fix: 'See the message.' }
  }
}

function integrity(client: SqliteClient): Diagnosis {
  const check = 'integrity'
  const pages = (client.prepare('PRAGMA page_count').get() as { page_count: number }).page_count
  const size = (client.prepare('PRAGMA page_size').get() as { page_size: number }).page_size
  if (pages * size > CHECK_BYTES) {
    return {
      check,
      level: 'ok',
      found: `not checked: ${megabytes(pages * size)} would take too long here`,
      fix: `Run: sqlite3 ${client.file} "PRAGMA quick_check"`,
    }
  }
  const { quick_check: found } = client.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  if (found === 'ok') return { check, level: 'ok', found: `quick_check of ${megabytes(pages * size)}: ok` }
  return {
    check,
    level: 'error',
    found,
    fix: 'Stop all processes that use the file, keep a copy, restore a backup or run "sqlite3 FILE .recover".',
  }
}

async function freeSpace(file: string): Promise<Diagnosis> {
  const disk = await statfs(dirname(file))
  const free = disk.bavail * disk.bsize
  const found = `${megabytes(free)} free`
  if (free > LOW_DISK_BYTES) return { check: 'disk space', level: 'ok', found }
  return {
    check: 'disk space',
    level: 'warning',
    found,
    fix: 'Free some space: when it is used up, publishing fails until there is more.',
  }
}

async function walSize(file: string): Promise<Diagnosis> {
  const size = await stat(`${file}-wal`).then(
    (wal) => wal.size,
    () => 0,
  )
  const found = megabytes(size)
  if (size < LARGE_WAL_BYTES) return { check: 'wal size', level: 'ok', found }
  return {
    check: 'wal size',
    level: 'warning',
    found,
    fix: 'Some connection holds a read transaction open, so that the log cannot be reused. Find and end it.',
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MB`
}
