import type { Report } from './report.ts'
import { counted, fateInWords, inWords, percent } from './wording.ts'

/** A summary for the page of a CI run. */
export function renderMarkdown(report: Report): string {
  const { title, verdict, reasons, success, groups, recovery, hints } = report
  const { low, high } = success.interval
  const lines = [
    `### ${plain(title)}: ${verdict}`,
    '',
    `${plain(report.stage)}, ${inWords(report.durationMs)}, seed ${report.seed}`,
    '',
    ...reasons.map((reason) => `- ${plain(reason)}`),
    '',
    '| | under fault | control group |',
    '| --- | --: | --: |',
    row('acknowledged', counted(groups.fault.acknowledged), counted(groups.control.acknowledged)),
    row('lost', counted(groups.fault.lost), counted(groups.control.lost)),
    row('dead letters', counted(groups.fault.dead), counted(groups.control.dead)),
    row('done twice', counted(groups.fault.duplicated), counted(groups.control.duplicated)),
    row('99th percentile', inWords(groups.fault.p99Ms), inWords(groups.control.p99Ms)),
    '',
    `Success ${percent(success.rate)}, with 95 % confidence ${percent(low)} to ${percent(high)}${success.proves === undefined ? '' : `; at least ${percent(success.proves)} is proved`}. Seen after ${inWords(recovery.detectMs)}, back at 90 % after ${inWords(recovery.recoverMs)}.`,
    '',
    '| fault | bites | lost per bite, below |',
    '| --- | --: | --: |',
    ...report.faults.map(({ name, bites, lossPerBiteBelow }) =>
      row(plain(name), counted(bites), percent(lossPerBiteBelow)),
    ),
    '',
    '| promise | | what was found |',
    '| --- | --- | --- |',
    ...report.invariants.map(({ id, title, outcome, detail }) =>
      row(`${id} ${plain(title)}`, fateInWords(outcome), plain(detail)),
    ),
    '',
    ...hints.map((hint) => `- ${plain(hint)}`),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Names of others' tasks are no markup. */
function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|]/g, (mark) => `\\${mark}`).replaceAll(/\s*\n\s*/g, ' ')
}
