import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { QueueError } from '@bananasjs/core'
import { renderHtml } from './html/render-html.ts'
import { renderJunit } from './render-junit.ts'
import { renderMarkdown } from './render-markdown.ts'
import type { Report } from './report.ts'

/** Where a report lies. */
export interface SavedReport {
  readonly html: string
  readonly json: string
  readonly junit: string
  readonly markdown: string
}

/** Writes the report into a folder, which is made if need be: page, JSON, JUnit and Markdown. Overwrites an earlier one. */
export async function saveReport(
  report: Report,
  folder: string,
  name: string = 'report',
): Promise<SavedReport> {
  const path = (extension: string): string => join(folder, `${name}.${extension}`)
  const saved = { html: path('html'), json: path('json'), junit: path('junit.xml'), markdown: path('md') }
  await mkdir(folder, { recursive: true })
  await Promise.all([
    writeFile(saved.html, renderHtml(report)),
    writeFile(saved.json, `${JSON.stringify(report, null, 1)}\n`),
    writeFile(saved.junit, renderJunit(report)),
    writeFile(saved.markdown, renderMarkdown(report)),
  ])
  return saved
}

/** A report that was saved as JSON. @throws QueueError INVALID naming the file and what is wrong with it */
export async function readReport(path: string): Promise<Report> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new QueueError('INVALID', `${path} cannot be read as a report: ${(cause as Error).message}`, {
      cause,
    })
  }
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown }
  if (format !== 'bananas-chaos-report')
    throw new QueueError(
      'INVALID',
      `${path} is no report of an experiment. "bananas chaos run" writes report.json.`,
    )
  if (version !== 1)
    throw new QueueError(
      'INVALID',
      `${path} has version ${String(version)}, and this package reads version 1.`,
    )
  return value as Report
}
