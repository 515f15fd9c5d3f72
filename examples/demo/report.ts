export interface LanguageTotals {
  readonly language: string
  readonly files: number
  readonly bytes: number
  readonly lines: number
  readonly words: number
  /** Mean of the files' ratios, weighted by size. */
  readonly ratio: number
}

export interface Duplicate {
  readonly hash: string
  readonly bytes: number
  readonly count: number
  /** Some of them. */
  readonly paths: readonly string[]
}

export interface LargeFile {
  readonly path: string
  readonly bytes: number
  readonly language: string
}

export interface Problem {
  readonly path: string
  readonly problem: string
}

/** What the last task makes of all files; small, however many there were. */
export interface Report {
  readonly folder: string
  readonly files: number
  readonly bytes: number
  readonly lines: number
  readonly words: number
  readonly languages: readonly LanguageTotals[]
  readonly largest: readonly LargeFile[]
  readonly duplicates: readonly Duplicate[]
  /** Groups of equal files, and what the copies take beyond one of each. */
  readonly duplicateGroups: number
  readonly wastedBytes: number
  readonly problems: readonly Problem[]
  readonly problemCount: number
}
