/** The simulated host keeps what every host promises. */
import { hostContract } from '../../core/test/host.contract.ts';
import { type Link, Simulation } from '../src/index.ts';

const links: Readonly<Record<string, Link>> = {
  'a perfect link': {},
  'a slow, jittery link': { latency: 20, jitter: 5, rate: 20e6 },
};

for (const [name, link] of Object.entries(links)) {
  hostContract({
    name: `simulated host, ${name}`,
    make: () => {
      const sim = new Simulation({ seed: 1, link });
      const a = sim.host({ v4: '198.51.100.1', v6: '2001:db8::1' });
      const b = sim.host({ v4: '198.51.100.2', v6: '2001:db8::2' });
      sim.name('site.example', ['198.51.100.2', '2001:db8::2']);
      return {
        a,
        b,
        v4: '198.51.100.2',
        v6: '2001:db8::2',
        name: 'site.example',
        folder: '/data',
        until: (predicate) =>
          sim.run(predicate, 60_000)
            ? Promise.resolve()
            : Promise.reject(new Error(`it does not come: ${sim.trace.lines.slice(-5).join('\n')}`)),
      };
    },
  });
}
