/** The contracts that all packages share, and the few small things that would otherwise be written many times. */
export * from './address.ts';
export { AsyncQueue } from './async-queue.ts';
export * from './bytes.ts';
export type * from './core.ts';
export { Deadlines } from './deadlines.ts';
export * from './drive.ts';
export { assert, ProtocolError } from './errors.ts';
export { sha1, sha256, sha256Into } from './hash.ts';
export type * from './host.ts';
export { Id20 } from './id20.ts';
export { limits } from './limits.ts';
export { MemoryBudget, type SlotPool, Slots } from './slots.ts';
export type * from './storage.ts';
