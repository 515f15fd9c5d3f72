import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readReport, renderHtml, renderJunit, renderMarkdown, saveReport } from '../../src/index.ts'
import { aReport } from './a-report.ts'

const HOSTILE = '<img src=x onerror=alert(1)> & "quotes" \u0000 | *bold*'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'bananas-report-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('the page', () => {
  it('stands by itself: no script, nothing that is loaded', () => {
    const html = renderHtml(aReport())
    expect(html).not.toMatch(/<script|\b(?:src|href)=|@import|url\(/)
    expect(html).toContain("default-src 'none'")
    expect(html).toContain('prefers-color-scheme: dark')
  })

  it('shows verdict, interval, what is proved, faults and plots', () => {
    const html = renderHtml(aReport())
    for (const text of ['99.87 % – 100 %', '≥ 99.90 %', 'task.throw · 100 ×', 'Throughput, tasks a second'])
      expect(html).toContain(text)
  })

  it('leaves a gap where nothing was measured, and a plot out where nothing ever was', () => {
    const html = renderHtml(aReport())
    expect(html).not.toContain('Queue depth, tasks')
    const [, median] = /<path class="line fault" d="([^"]+)"\/><path class="line bad" d="[^"]+"\/><text/.exec(
      html.slice(html.indexOf('Latency')),
    )!
    expect(median!.match(/M/g)).toHaveLength(2)
  })

  it('puts what happened at once one above the other', () => {
    const html = renderHtml(aReport())
    const shades = [...html.matchAll(/class="under-fault" x="([\d.]+)" y="0" width="([\d.]+)"/g)]
    expect(shades.length).toBe(4)
    expect(new Set(shades.map(([, x, width]) => `${x} ${width}`)).size).toBe(1)
  })

  it('lets no name of a stranger become markup', () => {
    const [fault] = aReport().faults
    const html = renderHtml(
      aReport({ title: HOSTILE, hints: [HOSTILE], faults: [{ ...fault!, name: HOSTILE }] }),
    )
    expect(html).not.toContain('<img')
    expect(html).not.toContain('\u0000')
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
  })
})

describe('JUnit and Markdown', () => {
  it('count what failed, and call a fault that never bit a failure', () => {
    const [fault] = aReport().faults
    const xml = renderJunit(
      aReport({ verdict: 'inconclusive', reasons: [HOSTILE], faults: [{ ...fault!, bites: 0 }] }),
    )
    expect(xml).toContain('tests="5" failures="2" skipped="1"')
    expect(xml).toContain('it never bit')
    expect(xml).not.toContain('<img')
    expect(renderJunit(aReport())).toContain('failures="0"')
  })

  it('sum a run up for people, with nothing of it read as markup', () => {
    const text = renderMarkdown(aReport({ title: HOSTILE }))
    expect(text).toContain('| lost | 0 | 0 |')
    expect(text).toContain('at least 99.90 % is proved')
    expect(text).toContain('\\<img')
  })
})

describe('a saved report', () => {
  it('is read back as it was', async () => {
    const saved = await saveReport(aReport(), folder())
    expect(await readReport(saved.json)).toEqual(aReport())
    expect(readFileSync(saved.html, 'utf8')).toBe(renderHtml(aReport()))
    expect(readFileSync(saved.junit, 'utf8')).toBe(renderJunit(aReport()))
    expect(readFileSync(saved.markdown, 'utf8')).toBe(renderMarkdown(aReport()))
  })

  it.each([
    ['no JSON', '{', /cannot be read as a report/],
    ['something else', '{"hello": 1}', /no report of an experiment/],
    ['null', 'null', /no report of an experiment/],
    ['a later version', '{"format": "bananas-chaos-report", "version": 9}', /version 9/],
  ])('that is %s is refused', async (_what, text, message) => {
    const path = join(folder(), 'report.json')
    writeFileSync(path, text)
    await expect(readReport(path)).rejects.toThrow(message)
  })
})
