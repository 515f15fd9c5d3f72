/** The part of `SQSClient` of @aws-sdk/client-sqs 3 that is used here. */
export interface SqsDriver {
  // oxlint-disable-next-line typescript/no-explicit-any -- each command has types of its own
  send(command: any, options?: any): Promise<any>
  destroy(): void
}
