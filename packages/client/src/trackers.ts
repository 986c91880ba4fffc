/** placeholder */
import type { Engine } from './engine.ts';
export class Trackers {
  constructor(_: Engine) {}
  drain(done: () => void): void { done(); }
  close(): void {}
}
