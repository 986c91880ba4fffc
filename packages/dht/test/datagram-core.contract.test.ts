/** What every datagram core promises, for the node and for the crawler. */
import fc from 'fast-check';
import { datagramCoreContract } from '../../core/test/datagram-core.contract.ts';
import { Crawler, Dht } from '../src/index.ts';
import { packet } from './arbitrary.ts';
import { MemoryNetwork } from './memory-network.ts';

datagramCoreContract({ name: 'Dht', make: () => new Dht(new MemoryNetwork(1).environment), datagrams: packet });

datagramCoreContract({
  name: 'Dht that asks',
  make: () => {
    const dht = new Dht(new MemoryNetwork(1).environment);
    dht.bootstrap([{ ip: '203.0.113.9', port: 6881 }]);
    return dht;
  },
  datagrams: fc.oneof(packet, packet),
});

datagramCoreContract({
  name: 'Crawler',
  make: () => {
    const crawler = new Crawler(new MemoryNetwork(1).environment);
    crawler.start([{ ip: '203.0.113.9', port: 6881 }]);
    return crawler;
  },
  datagrams: packet,
});
