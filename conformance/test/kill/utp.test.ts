import { describeKills } from './kills.ts';

describeKills('utp');
