import { describeKills } from './kills.ts';

describeKills('magnet');
