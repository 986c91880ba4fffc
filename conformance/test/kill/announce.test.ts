import { describeKills } from './kills.ts';

describeKills('announce');
