import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobStore } from './blob-store.ts'

/**
 * Blobs as files of one folder, which all producers and workers must see: one machine, or a network file system.
 * A file appears whole, after its bytes have reached the disk. The folder is made on first use.
 */
export function fileBlobs(folder: string): BlobStore {
  return {
    async put(key, bytes) {
      await mkdir(folder, { recursive: true })
      const draft = join(folder, `${key}.part`)
      const file = await open(draft, 'w')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(draft, join(folder, key))
      await syncFolder(folder)
    },
    async get(key) {
      try {
        return await readFile(join(folder, key))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
    delete: (key) => rm(join(folder, key), { force: true }),
  }
}

/** A name is as durable as its folder. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
