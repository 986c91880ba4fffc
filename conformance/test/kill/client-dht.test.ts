import { describeKills } from './kills.ts';

describeKills('client-dht');
