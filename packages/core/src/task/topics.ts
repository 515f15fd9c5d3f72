/** The channel topics of one application. */
export interface Topics {
  readonly events: string
  readonly control: string
  reply(client: string): string
}

export function topicsOf(namespace: string): Topics {
  return {
    events: `${namespace}.events`,
    control: `${namespace}.control`,
    reply: (client) => `${namespace}.reply.${client}`,
  }
}
