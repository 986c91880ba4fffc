import { describeKills } from './kills.ts';

describeKills('tracker-http');
