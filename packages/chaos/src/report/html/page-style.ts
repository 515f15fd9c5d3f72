/** Light and dark, on paper and on a phone. Text keeps the ink of the page; only marks have colours of their own. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c1b19; --quiet: #66635d; --page: #fdfcf9; --card: #f4f2ec; --rule: #dedad0;
  --fault: #2563c9; --control: #8a6d00; --bad: #c2410c; --good: #16794c; --doubt: #8a6100; --shade: #c2410c14; --armed: #c2410c40 }
@media (prefers-color-scheme: dark) { :root { --ink: #ece9e2; --quiet: #a5a198; --page: #171614; --card: #211f1c; --rule: #3a3732;
  --fault: #7aa7f5; --control: #d9b83a; --bad: #fb8b54; --good: #53c08a; --doubt: #e0b040; --shade: #fb8b541c; --armed: #fb8b544d } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 26px; line-height: 1.25; margin: 10px 0 4px } h2 { font-size: 18px; margin: 36px 0 10px }
p { margin: 6px 0 } .quiet, small { color: var(--quiet) }
.verdict { display: inline-block; padding: 3px 12px; border-radius: 99px; font-weight: 600; border: 1.5px solid currentColor }
.verdict.held { color: var(--good) } .verdict.deviated, .verdict.aborted { color: var(--bad) } .verdict.inconclusive { color: var(--doubt) }
ul.reasons { margin: 10px 0; padding-left: 20px }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 10px; margin: 22px 0 }
.tile { background: var(--card); border-radius: 8px; padding: 12px 14px } .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums }
.tile span { color: var(--quiet); font-size: 13px; display: block }
figure { margin: 18px 0 0 } figcaption { font-size: 14px; margin-bottom: 4px }
svg { display: block; width: 100%; height: auto; font: 11px system-ui, sans-serif } svg text { fill: var(--quiet) } svg text.name { fill: var(--ink) }
.phase { fill: none } .under-fault { fill: var(--shade) } .grid { stroke: var(--rule); stroke-width: 1 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.line.fault { stroke: var(--fault) } .line.control { stroke: var(--control); stroke-dasharray: 5 4 } .line.bad { stroke: var(--bad) }
.armed { fill: var(--armed) } .bite { fill: var(--bad) }
.key { color: var(--quiet); margin-left: 12px; white-space: nowrap } .key::before { content: ''; display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: 3px; background: currentColor }
.key.fault::before { background: var(--fault) } .key.control::before { background: var(--control) } .key.bad::before { background: var(--bad) } .key.armed::before { background: var(--armed); height: 9px; vertical-align: 0 }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums }
th { text-align: left; color: var(--quiet); font-weight: 500 } th, td { padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top }
td.number, th.number { text-align: right } td.mark { white-space: nowrap; font-weight: 600 }
.held, .kept { color: var(--good) } .deviated, .violated { color: var(--bad) } .inconclusive, .open { color: var(--doubt) }
details { margin-top: 4px } pre { font: 12px/1.4 ui-monospace, monospace } code { font: 13px ui-monospace, monospace } footer { margin-top: 40px; color: var(--quiet); font-size: 13px }
@media print { body { background: #fff } .tile { border: 1px solid var(--rule) } }
`
