import { chain } from './chain.ts'
import { group } from './group.ts'
import type { Follows, GroupOutput, InputOf, Linkable, OutputOf, Shared, Signature } from './signature.ts'

/** A group, and a body that is given all its results: `chord([a, b], sum)`. The same as `chain(group, body)`. */
export function chord<const Header extends Linkable, const Body extends Linkable>(
  header: Header,
  body: Body & Follows<OutputOf<Header>, Body>,
): Signature<InputOf<Header>, OutputOf<Body>>
export function chord<const Members extends readonly Linkable[], const Body extends Linkable>(
  header: Members,
  body: Body & Follows<GroupOutput<Members, 'failFast'>, Body>,
): Signature<Shared<Members>, OutputOf<Body>>
export function chord(header: Linkable | readonly Linkable[], body: Linkable): Signature<unknown, unknown> {
  const first = Array.isArray(header) ? group(header as readonly Linkable[]) : header
  const link = chain as (...steps: readonly unknown[]) => Signature<unknown, unknown>
  return link(first, body)
}
