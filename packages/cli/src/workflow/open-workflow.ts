import type { Bananas } from '@bananasjs/core'
import { QueueError } from '@bananasjs/core'
import type * as workflow from '@bananasjs/workflow'
import type { WorkflowRun, WorkflowStatus } from '@bananasjs/workflow'
import { CliError } from '../cli-error.ts'
import { EXIT } from '../exit-codes.ts'

export type WorkflowPackage = typeof workflow

export interface OpenedWorkflow {
  readonly run: WorkflowRun
  readonly status: WorkflowStatus
  readonly draw: Pick<WorkflowPackage, 'mermaid' | 'outline'>
}

/** A workflow of this application, whatever plugins it was made with. @throws CliError when unknown, or not to be had */
export async function openWorkflow(app: Bananas, id: string): Promise<OpenedWorkflow> {
  const { mermaid, outline, workflows } = await loadWorkflow()
  const flows = workflows()
  flows.attach(app.host)
  const run = flows.run(id)
  return { run, status: await statusOf(run), draw: { mermaid, outline } }
}

/** @throws CliError when it is unknown */
async function statusOf(run: WorkflowRun): Promise<WorkflowStatus> {
  try {
    return await run.status()
  } catch (cause) {
    if (!QueueError.is(cause, 'INVALID')) throw cause
    throw new CliError(cause.message, { code: 'NOT_FOUND', exitCode: EXIT.failed, cause })
  }
}

/** Only who has workflows needs the package. @throws CliError when it is not installed */
async function loadWorkflow(): Promise<WorkflowPackage> {
  try {
    return await import('@bananasjs/workflow')
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new CliError(
      'This command needs the package @bananasjs/workflow. Run: npm install @bananasjs/workflow',
      { code: 'NOT_INSTALLED', cause },
    )
  }
}
