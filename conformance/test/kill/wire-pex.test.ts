import { describeKills } from './kills.ts';

describeKills('wire-pex');
