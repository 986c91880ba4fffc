/** A tracker server (BEP 3, 7, 15, 21, 23, 24, 27, 31, 41, 48): openTracker(), and the store behind it. */
export { limits } from './limits.ts';
export { MemoryStore, type MemoryStoreOptions } from './memory-store.ts';
export { openTracker, type Tracker } from './open.ts';
export { type TrackerEvent, type TrackerOptions, TrackerServer } from './server.ts';
export type { TrackerStats } from './stats.ts';
export {
  type Role,
  roles,
  type StoreAnnounce,
  type StoreAnswer,
  type StoreFailure,
  type StoreTotals,
  type SwarmCounts,
  type SwarmStore,
} from './store.ts';
