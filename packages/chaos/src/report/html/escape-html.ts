const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Neither XML nor a reader has a use for them. */
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g

/** For text and attributes alike. Names of tasks and messages of errors come from strangers. */
export function escapeHtml(text: string): string {
  return text.replaceAll(CONTROLS, '\ufffd').replaceAll(/[&<>"']/g, (mark) => ENTITIES[mark]!)
}
