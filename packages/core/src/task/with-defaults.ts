/** Like spreading `given` over `defaults`, but an option that is `undefined` counts as left out. */
export function withDefaults<D extends object>(
  defaults: D,
  given: { readonly [K in keyof D]?: D[K] | undefined },
): D {
  const merged = { ...defaults }
  for (const key of Object.keys(defaults) as (keyof D)[]) {
    const value = given[key]
    if (value !== undefined) merged[key] = value
  }
  return merged
}
