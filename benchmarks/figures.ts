/** Three significant digits below a thousand, whole numbers above. */
export function figure(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en')
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

export function ratioText(value: number): string {
  return `${value.toFixed(2)} ×`
}
