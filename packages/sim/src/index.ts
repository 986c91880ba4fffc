/** The simulated host: a whole network in virtual time, the same each time. */
export { DiskError, type DiskModel, type HostTimer, type SimulatedDisk } from './disk.ts';
export type { SimulatedHost } from './host.ts';
export { limits } from './limits.ts';
export type { Link } from './link.ts';
export type { Nat, NatModel } from './nat.ts';
export { Random } from './random.ts';
export { type HostOptions, Simulation, type SimulationOptions } from './simulation.ts';
export type { Trace } from './trace.ts';
export { files, type Respond, type WebAnswer, type WebRequest } from './website.ts';
