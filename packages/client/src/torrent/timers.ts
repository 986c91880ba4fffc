/** What each timer of a torrent does: the one place that knows all verbs (no BEP). */
import { chokeRound } from './choke.ts';
import { connectMore } from './connect.ts';
import { searchDht } from './dht.ts';
import { askForHashes } from './hashes.ts';
import { becomeSeed, beginWithLayers, beginWithMetadata, startTransfer, watch } from './lifecycle.ts';
import { punchHoles } from './punch.ts';
import { feedHungry } from './request.ts';
import { save } from './save.ts';
import { retryDisk } from './stored.ts';
import type { Timers } from './swarm.ts';

export const timers: Timers = {
  connect: connectMore,
  transfer: startTransfer,
  complete: (swarm) => {
    if (swarm.complete) becomeSeed(swarm);
  },
  choke: chokeRound,
  watch,
  feed: feedHungry,
  save: (swarm) => save(swarm, false),
  'retry-disk': retryDisk,
  metadata: beginWithMetadata,
  hashes: askForHashes,
  link: (swarm) => swarm.links?.late(),
  layers: beginWithLayers,
  dht: searchDht,
  punch: punchHoles,
};
