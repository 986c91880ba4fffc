/** Clients that find peers by the DHT: BEP 5, torrent peers and torrent file; BEP 27; BEP 33. */
import type { Family } from '../../family.ts';
import { clientDhtBugs } from '../../reference/peer/bugs.ts';
import { peerReference } from '../../reference/peer/reference.ts';
import { control } from '../wire/control.ts';
import { lookups } from './lookups.ts';
import { ports } from './ports.ts';
import { privateTorrents } from './private.ts';

export const clientDht: Family = {
  name: 'client-dht',
  title: 'Clients and the DHT',
  cases: [...ports, ...lookups, ...privateTorrents],
  reference: peerReference('clients and the DHT', clientDhtBugs),
  canary: control,
  control,
};
