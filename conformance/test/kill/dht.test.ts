import { describeKills } from './kills.ts';

describeKills('dht');
