import { describeKills } from './kills.ts';

describeKills('web-seed');
