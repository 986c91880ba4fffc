// Two hosts and a bad line between them, in virtual time: datagrams get lost, a stream does not, and all of it happens the same
// way each time. Run it with: node --conditions=@ferro/source examples/07-simulate-a-link.ts
import { type Link, Simulation } from '@ferro/sim';

const line: Link = { latency: 40, jitter: 10, rate: 250_000, loss: 0.05, duplicate: 0.02 };

function run(seed: number): string {
  const sim = new Simulation({ seed, link: line });
  const alice = sim.host('198.51.100.1');
  const bob = sim.host('198.51.100.2');

  // A hundred datagrams, one every ten milliseconds.
  let datagrams = 0;
  bob.bind({ port: 4000 }, { receive: (batch) => void (datagrams += batch.length) });
  const socket = alice.bind({ port: 4000 }, { receive: () => {} });
  for (let i = 0; i < 100; i++) {
    alice.at(i * 10, () => socket.send([{ bytes: new Uint8Array(500), address: { ip: bob.ip, port: 4000 } }]));
  }
  sim.run(2000);

  // A mebibyte in one stream: what the line loses it sends again.
  let bytes = 0;
  bob.listen(
    { port: 5000 },
    {
      accept: () => ({
        receive: (part) => void (bytes += part.length),
        closed: () => {},
      }),
    },
  );
  const stream = alice.connect({ ip: bob.ip, port: 5000 }, { receive: () => {}, closed: () => {} });
  stream.write([new Uint8Array(1 << 20)]);
  stream.end();
  const start = sim.now;
  sim.run(() => bytes === 1 << 20);
  const seconds = (sim.now - start) / 1000;

  console.log(`seed ${seed}: ${datagrams} of 100 datagrams, ${bytes} bytes in ${seconds.toFixed(2)} virtual seconds`);
  return sim.trace.hash;
}

const [first, again, other] = [run(1), run(1), run(2)];
console.log(`the same seed, the same trace: ${first === again}; another seed, another: ${first !== other}`);
