import { describeKills } from './kills.ts';

describeKills('disk');
