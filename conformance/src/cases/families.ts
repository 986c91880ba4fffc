/** All families. Each is registered here once; its cases are listed in its own `index.ts`. */
import type { Family } from '../family.ts';
import { announce } from './announce/index.ts';
import { clientDht } from './client-dht/index.ts';
import { dht } from './dht/index.ts';
import { disk } from './disk/index.ts';
import { files } from './files/index.ts';
import { magnet } from './magnet/index.ts';
import { trackerHttp } from './tracker-http/index.ts';
import { trackerUdp } from './tracker-udp/index.ts';
import { utp } from './utp/index.ts';
import { webSeed } from './web-seed/index.ts';
import { wire } from './wire/index.ts';
import { wireDontHave } from './wire-dont-have/index.ts';
import { wireExtension } from './wire-extension/index.ts';
import { wireFast } from './wire-fast/index.ts';
import { wireHolepunch } from './wire-holepunch/index.ts';
import { wireMetadata } from './wire-metadata/index.ts';
import { wirePex } from './wire-pex/index.ts';
import { wireV2 } from './wire-v2/index.ts';

export const families: readonly Family[] = [
  announce,
  dht,
  disk,
  files,
  magnet,
  trackerHttp,
  trackerUdp,
  wire,
  wireFast,
  wireExtension,
  wireMetadata,
  wireDontHave,
  wirePex,
  wireHolepunch,
  wireV2,
  webSeed,
  clientDht,
  utp,
];
