import { describeKills } from './kills.ts';

describeKills('wire-v2');
