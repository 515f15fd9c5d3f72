import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineConfig } from 'vitepress'
import type { DefaultTheme } from 'vitepress'

const DOCS = join(import.meta.dirname, '..')

/** In the order a reader needs them. Every page of a folder is listed by itself, so no page can be forgotten. */
const SECTIONS: readonly { readonly text: string; readonly pages: string }[] = [
  { text: 'Learn', pages: 'guide/*.md' },
  { text: 'Adapters', pages: 'adapters/*.md' },
  { text: 'More', pages: '*.md' },
  { text: 'Decisions', pages: 'decisions/*.md' },
]

export default defineConfig({
  title: 'Bananas',
  description: 'The task queue for Node.js that runs on the broker you already have',
  cleanUrls: true,
  lastUpdated: true,
  srcExclude: ['**/node_modules/**', '.snippets/**'],
  themeConfig: {
    search: { provider: 'local' },
    outline: 'deep',
    sidebar: SECTIONS.map(({ text, pages }) => ({ text, items: itemsOf(pages) })),
    socialLinks: [{ icon: 'github', link: 'https://github.com/bananasjs/bananas' }],
  },
})

function itemsOf(pattern: string): DefaultTheme.SidebarItem[] {
  return globSync(pattern, { cwd: DOCS })
    .filter((page) => page !== 'index.md' && existsSync(join(DOCS, page)))
    .toSorted((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((page) => ({ text: titleOf(page), link: linkOf(page) }))
}

/** A folder's own page goes first. */
function rank(page: string): number {
  return page.endsWith('index.md') ? 0 : 1
}

function linkOf(page: string): string {
  return page.endsWith('index.md') ? `/${dirname(page)}/` : `/${page.replace(/\.md$/, '')}`
}

function titleOf(page: string): string {
  const text = readFileSync(join(DOCS, page), 'utf8')
  return (/^# (.+)$/m.exec(text)?.[1] ?? page).replaceAll('`', '')
}
