/** What is wrong with a file, named. Trying again would not help. */
export class BadFile extends Error {}
