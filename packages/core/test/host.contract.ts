/**
 * What every host promises (host.ts), as a suite that runs on real sockets and on simulated ones. Two hosts that can reach each
 * other are made for each test; the test waits with `until`, which lets real or virtual time pass. Each test is also watched for
 * the promises that hold everywhere: no nested callbacks, nothing before opened, nothing after the end.
 */
import { expect, test } from 'vitest';
import { datagramTests } from './host-datagrams.contract.ts';
import { fileTests } from './host-files.contract.ts';
import { groupTests } from './host-groups.contract.ts';
import { httpTests } from './host-http.contract.ts';
import { type HostPair, passes, type Scenario } from './host-pair.ts';
import { streamTests } from './host-streams.contract.ts';
import { timerTests } from './host-timers.contract.ts';
import { Watch } from './watched-host.ts';

export type { HostPair } from './host-pair.ts';

export interface HostContract {
  readonly name: string;
  readonly make: () => HostPair | Promise<HostPair>;
}

export function hostContract(contract: HostContract): void {
  const scenario: Scenario = (title, run) =>
    test(`${contract.name}: ${title}`, async () => {
      const pair = await contract.make();
      const watch = new Watch();
      try {
        await run({ ...pair, a: watch.host(pair.a), b: watch.host(pair.b) });
        watch.closeAll();
        await passes(pair, 20);
        expect(watch.broken).toEqual([]);
      } finally {
        watch.closeAll();
        await pair.close?.();
      }
    });
  timerTests(scenario);
  streamTests(scenario);
  datagramTests(scenario);
  groupTests(scenario);
  httpTests(scenario);
  fileTests(scenario);
}
