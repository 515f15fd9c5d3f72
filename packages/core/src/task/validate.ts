import { QueueError } from '../errors.ts'
import type { SchemaIssue, StandardSchema } from './standard-schema.ts'

/**
 * Returns what the schema makes of the value.
 * @throws QueueError INVALID listing the first issues with their paths
 */
export async function validate(schema: StandardSchema, value: unknown, subject: string): Promise<unknown> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  const issues = result.issues.slice(0, 5).map(describeIssue).join('; ')
  throw new QueueError('INVALID', `${subject} does not match its schema: ${issues}.`)
}

function describeIssue(issue: SchemaIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}
