import fc from 'fast-check';
import { datagramCoreContract } from '../../core/test/datagram-core.contract.ts';
import { encodeAnnouncement } from '../src/index.ts';
import { Neighbour, torrent } from './world.ts';

datagramCoreContract({
  name: 'Lsd',
  make: () => {
    const neighbour = new Neighbour();
    neighbour.add(1, 2, 3);
    return neighbour.lsd;
  },
  datagrams: fc
    .record({
      port: fc.nat(70_000),
      numbers: fc.array(fc.nat(5), { maxLength: 30 }),
      cookie: fc.constantFrom(undefined, 'x'),
    })
    .map(({ numbers, ...rest }) => encodeAnnouncement({ ...rest, infoHashes: numbers.map(torrent) })),
});
