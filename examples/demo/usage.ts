/** What the user did wrong, told with the way out. */
export class Usage extends Error {}
