export const STYLE = `
:root { --back: #fffdf5; --panel: #fff; --text: #23200f; --soft: #6b654c; --line: #e9e2c6; --full: #f3c623; --packed: #b8860b; }
@media (prefers-color-scheme: dark) {
  :root { --back: #16140c; --panel: #211e13; --text: #f4efdc; --soft: #aca586; --line: #38331f; --full: #8a6d12; --packed: #f3c623; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
.brand { margin: 0; color: var(--soft); font-weight: 600; }
h1 { margin: .25rem 0; font-size: clamp(1.4rem, 4vw, 2.1rem); line-height: 1.2; overflow-wrap: anywhere; }
.run { margin: 0 0 1.5rem; color: var(--soft); }
h2 { margin: 0 0 1rem; font-size: 1.15rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin: 0 0 1.5rem; }
.card, section { background: var(--panel); border: 1px solid var(--line); border-radius: .75rem; }
.card { padding: .75rem 1rem; }
.card dt { color: var(--soft); font-size: .85rem; }
.card dd { margin: 0; font-size: 1.4rem; font-weight: 650; font-variant-numeric: tabular-nums; }
section { padding: 1.25rem; margin-bottom: 1.5rem; }
.chart text { fill: var(--text); font-size: 13px; }
.chart .value { fill: var(--soft); }
.full { fill: var(--full); background: var(--full); }
.packed { fill: var(--packed); background: var(--packed); }
.legend { margin: .5rem 0 1.25rem; color: var(--soft); font-size: .85rem; }
.dot { display: inline-block; width: .8em; height: .8em; border-radius: 3px; margin: 0 .35em 0 .6em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: .88em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
ul { margin: 0; padding: 0; list-style: none; }
footer { color: var(--soft); font-size: .85rem; padding-bottom: 2rem; }
`
