/** Two peers meet at a tracker, over UDP, in a simulated world (BEP 15). */
import { formatAddress, Id20 } from '@ferro/core';
import { Simulation } from '@ferro/sim';
import { openTracker } from '@ferro/tracker';
import { openUdpTracker } from '@ferro/tracker-udp';

const sim = new Simulation({ seed: 1, link: { latency: 20 } });
await sim.settle(openTracker(sim.host('203.0.113.1'), { udp: { port: 6969 } }));

const infoHash = Id20.from('0123456789abcdef0123456789abcdef01234567');
for (const [i, ip] of ['198.51.100.7', '198.51.100.8'].entries()) {
  const client = await sim.settle(openUdpTracker(sim.host(ip)));
  const answer = await sim.settle(
    client.announce('udp://203.0.113.1:6969', {
      infoHash,
      peerId: Id20.from(new Uint8Array(20).fill(i + 1)),
      port: 6881,
      uploaded: 0,
      downloaded: 0,
      left: 1000,
      event: 'started',
    }),
  );
  console.log(`${ip} hears of`, answer.peers.map(formatAddress), `and comes back in ${answer.interval} s`);
}
