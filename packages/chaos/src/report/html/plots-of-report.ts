import type { Report } from '../report.ts'
import { counted, inWords } from '../wording.ts'
import { plot } from './plot.ts'
import { timeline } from './timeline.ts'

/** What happened over time, one below the other on the same measure. */
export function plotsOfReport(report: Report): string {
  const { throughput, controlThroughput, failures, p50, p99, depth, age } = report.series
  return [
    timeline(report),
    plot(report, {
      title: 'Throughput, tasks a second',
      lines: [
        { label: 'under fault', look: 'fault', values: throughput },
        { label: 'control group', look: 'control', values: controlThroughput },
        { label: 'failed attempts', look: 'bad', values: failures },
      ],
      unit: counted,
    }),
    plot(report, {
      title: 'Latency, from sending to the end',
      lines: [
        { label: 'median', look: 'fault', values: p50 },
        { label: '99th percentile', look: 'bad', values: p99 },
      ],
      log: true,
      unit: inWords,
    }),
    plot(report, {
      title: 'Queue depth, tasks',
      lines: [{ label: 'waiting, delayed or leased', look: 'fault', values: depth }],
      unit: counted,
    }),
    plot(report, {
      title: 'Age of the oldest task that is not done',
      lines: [{ label: 'age', look: 'fault', values: age }],
      unit: inWords,
    }),
  ].join('\n')
}
