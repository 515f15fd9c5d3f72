const CREDENTIALS = /\b([a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*):([^\s/?#]*)@/gi
const QUERY = /([?&](?:[a-z_-]*(?:password|passwd|secret|token)|auth|api[_-]?key)=)[^&#\s"']+/gi
const MASK = '***'
/** Shorter ones would be found everywhere. */
const SHORTEST_SECRET = 4

/** Raw text to what is shown in its place: secrets that came in by flag, environment or file. */
const known = new Map<string, string>()

/** From now on neither this URL nor its password is shown, wherever an error message or a driver repeats them. */
export function rememberUrl(url: string): void {
  const at = url.lastIndexOf('@')
  const start = url.indexOf('://')
  if (at !== -1 && start !== -1 && start < at) hideUserInfo(url, start + 3, at)
  for (const match of url.matchAll(QUERY)) rememberSecret(match[0].slice(match[1]!.length))
}

export function rememberSecret(secret: string): void {
  if (secret.length < SHORTEST_SECRET) return
  known.set(secret, MASK)
  const decoded = decode(secret)
  if (decoded.length >= SHORTEST_SECRET) known.set(decoded, MASK)
}

/** The text without passwords: those in URLs, and those that are known. */
export function mask(text: string): string {
  let masked = text
  for (const [secret, shown] of known) masked = masked.replaceAll(secret, shown)
  return masked.replace(CREDENTIALS, `$1:${MASK}@`).replace(QUERY, `$1${MASK}`)
}

/** A password may hold "/" or "@" unencoded, where no pattern finds its end: then the whole URL is known instead. */
function hideUserInfo(url: string, start: number, at: number): void {
  const userInfo = url.slice(start, at)
  const colon = userInfo.indexOf(':')
  if (colon === -1) return
  known.set(url, `${url.slice(0, start)}${userInfo.slice(0, colon)}:${MASK}${url.slice(at)}`)
  rememberSecret(userInfo.slice(colon + 1))
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
