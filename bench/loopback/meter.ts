/** What a process has cost from start() on: time, CPU seconds of all its threads, peak memory, the worst stall of its loop. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mainThreadSeconds: number;
  readonly peakMiB: number;
  readonly stallMs: number;
}

export class Meter {
  readonly #delay = monitorEventLoopDelay({ resolution: 1 });
  #start = 0;
  #cpu = process.cpuUsage();
  #main = process.threadCpuUsage();

  start(): void {
    this.#start = performance.now();
    this.#cpu = process.cpuUsage();
    this.#main = process.threadCpuUsage();
    this.#delay.enable();
  }

  stop(): Cost {
    const seconds = (performance.now() - this.#start) / 1000;
    const cpu = process.cpuUsage(this.#cpu);
    const main = process.threadCpuUsage(this.#main);
    this.#delay.disable();
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
    return {
      seconds,
      cpuSeconds: (cpu.user + cpu.system) / 1e6,
      mainThreadSeconds: (main.user + main.system) / 1e6,
      peakMiB: Number(peak?.[1] ?? 0) / 1024,
      stallMs: this.#delay.max / 1e6,
    };
  }
}
