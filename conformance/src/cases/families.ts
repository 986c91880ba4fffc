/** All families. Each is registered here once; its cases are listed in its own `index.ts`. */
import type { Family } from '../family.ts';
import { dht } from './dht/index.ts';
import { files } from './files/index.ts';
import { trackerHttp } from './tracker-http/index.ts';
import { trackerUdp } from './tracker-udp/index.ts';
import { wire } from './wire/index.ts';

export const families: readonly Family[] = [dht, files, trackerHttp, trackerUdp, wire];
