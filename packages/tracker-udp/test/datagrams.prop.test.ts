/** What every datagram core promises, run on both sides (BEP 15). */
import fc from 'fast-check';
import { datagramCoreContract } from '../../core/test/datagram-core.contract.ts';
import {
  encodeAnnounce,
  encodeConnect,
  encodeConnectReply,
  encodeErrorReply,
  encodeScrape,
  encodeScrapeReply,
  UdpTrackerClient,
  UdpTrackerServer,
} from '../src/index.ts';
import { hash, request, World } from './world.ts';

const SENDER = { ip: '203.0.113.9', port: 6881 };

/** What a server at this seed gives to the sender of the contract, so that its announces get in. */
function idOfSender(): Uint8Array {
  const server = new UdpTrackerServer(new World());
  server.receive({ bytes: encodeConnect(1), address: SENDER });
  return server.flush()[0]!.bytes.slice(8);
}

const id = idOfSender();

datagramCoreContract({
  name: 'UdpTrackerServer',
  make: () => new UdpTrackerServer(new World()),
  datagrams: fc.constantFrom(
    encodeConnect(1),
    encodeAnnounce(id, 2, request),
    encodeAnnounce(id, 2, request, '/announce?a=b'),
    encodeScrape(id, 3, [hash(1), hash(2)]),
  ),
});

/** A client that waits for the tracker at the contract's sender. */
function waiting(): UdpTrackerClient {
  const client = new UdpTrackerClient(new World(), { retransmissions: 1 });
  client.announce(SENDER, request);
  client.scrape(SENDER, [hash(1)]);
  return client;
}

const transaction = new DataView(waiting().flush()[0]!.bytes.slice().buffer).getUint32(12);

datagramCoreContract({
  name: 'UdpTrackerClient',
  make: waiting,
  datagrams: fc.constantFrom(
    encodeConnectReply(transaction, id),
    encodeErrorReply(transaction, 'no', 98),
    encodeScrapeReply(transaction, [{ seeders: 1, completed: 2, leechers: 3 }]),
  ),
});
