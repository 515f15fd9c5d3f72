import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { QueueError } from '@bananasjs/core'
import { sleep, systemRuntime } from '@bananasjs/core/contract'

export interface LoopDiskOptions {
  /** Default 256 MiB. */
  readonly bytes?: number
}

/** A disk of its own, kept in a file, whose power can be cut. */
export interface LoopDisk {
  /** Where its files are. */
  readonly folder: string
  /**
   * Cuts the power: `freeze` holds whoever writes still, what the disk holds at that moment is copied, `kill` ends them, and
   * the copy is mounted in its place. What was only in the caches of the operating system is gone.
   */
  powerCut(freeze: () => unknown, kill: () => Promise<void>): Promise<void>
  /** Fills it but for `leave` bytes; what it returns gives the room back. */
  fill(leave: number): Promise<() => Promise<void>>
  /** Unmounts and removes it. Idempotent. */
  close(): Promise<void>
}

const run = promisify(execFile)
const DEFAULT_BYTES = 256 * 1024 ** 2
const RELEASE_MS = 5000
const LOOK_MS = 50
const BLOCK = Buffer.alloc(1024 ** 2, 1)
const SMALL_BLOCK = Buffer.alloc(4096, 1)

/**
 * A file with ext4 in it, mounted by loop: the technique of lazyfs without FUSE. What reached the file has survived a
 * power cut; the page cache of the mount has not. Needs root and mount rights.
 * @throws QueueError UNSUPPORTED where that cannot be had
 */
export async function loopDisk({ bytes = DEFAULT_BYTES }: LoopDiskOptions = {}): Promise<LoopDisk> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new QueueError(
      'UNSUPPORTED',
      'Cutting the power needs Linux and root: it mounts a disk that is kept in a file.',
    )
  const base = await mkdtemp(join(tmpdir(), 'bananas-disk-'))
  const folder = join(base, 'mount')
  let image = join(base, 'disk-0.img')
  let copies = 0
  try {
    const file = await open(image, 'w')
    await file.truncate(bytes)
    await file.close()
    await run('mkfs.ext4', ['-q', '-F', '-m', '0', image])
    await run('mkdir', [folder])
    await mount(image, folder)
  } catch (cause) {
    await rm(base, { recursive: true, force: true })
    throw new QueueError(
      'UNSUPPORTED',
      `Cutting the power needs mkfs.ext4 and mount: ${(cause as Error).message.trim()}`,
      { cause },
    )
  }
  return {
    folder,
    async powerCut(freeze, kill) {
      await freeze()
      copies += 1
      const survived = join(base, `disk-${copies}.img`)
      await copyFile(image, survived)
      await kill()
      await unmount(folder)
      await rm(image)
      image = survived
      await mount(image, folder)
    },
    fill: (leave) => fill(folder, leave),
    async close() {
      await run('umount', ['-l', folder]).catch(() => undefined)
      await rm(base, { recursive: true, force: true })
    },
  }
}

/** The journal is not written by itself meanwhile: only what was asked for by fsync survives, and the copy is of one moment. */
async function mount(image: string, folder: string): Promise<void> {
  await run('mount', ['-o', 'loop,commit=300', image, folder])
}

/** Whoever was killed has files open for a moment more. */
async function unmount(folder: string): Promise<void> {
  const deadline = systemRuntime.monotonic() + RELEASE_MS
  for (;;) {
    try {
      await run('umount', [folder])
      return
    } catch (error) {
      if (systemRuntime.monotonic() > deadline) throw error
      await sleep(systemRuntime, LOOK_MS)
    }
  }
}

async function fill(folder: string, leave: number): Promise<() => Promise<void>> {
  const path = join(folder, 'bananas-chaos-ballast')
  const file = await open(path, 'w')
  try {
    for (const block of [BLOCK, SMALL_BLOCK]) {
      while ((await room(folder)) - block.length >= leave) await file.write(block)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    await file.close()
  }
  return () => rm(path, { force: true })
}

async function room(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
