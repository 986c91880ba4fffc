import type { Swarm } from './swarm.ts';
export class SwarmAnnouncer {
  constructor(_: Swarm) {}
  start(_: Swarm): void {}
  completed(_: Swarm): void {}
  stop(_: Swarm): void {}
}
