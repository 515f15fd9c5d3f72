export { ChaosController } from './faults/chaos-controller.ts'
export type { ChaosControllerOptions } from './faults/chaos-controller.ts'
export { chaotic } from './faults/chaotic.ts'
export { CATALOG, FAULT_KINDS } from './faults/catalog.ts'
export type { FaultEntry, FieldType, Layer } from './faults/catalog.ts'
export type {
  Direction,
  ErrorSpec,
  Fault,
  FaultBase,
  FaultFields,
  FaultKind,
  FaultOf,
  Match,
  Schedule,
} from './faults/fault.ts'
export type { Distribution } from './faults/distribution.ts'
export type { Bites } from './faults/bites.ts'
export type { ArmOptions, FaultSite, Injection } from './faults/fault-site.ts'
export type { BlastRadius } from './safety/blast-radius.ts'
export { tcpProxy, TcpProxy } from './proxy/tcp-proxy.ts'
export type { TcpProxyOptions } from './proxy/tcp-proxy.ts'
export { Crew } from './process/crew.ts'
export type { CrewOptions, Death } from './process/crew.ts'
export { ServerSite } from './process/server-site.ts'
export type { ServerControl } from './process/server-control.ts'
export { serverProcess } from './process/server-process.ts'
export type { ServerProcessOptions } from './process/server-process.ts'
export { serverContainer } from './process/container.ts'
export type { ContainerOptions } from './process/container.ts'
export { loopDisk } from './process/loop-disk.ts'
export type { LoopDisk, LoopDiskOptions } from './process/loop-disk.ts'
