import { describeKills } from './kills.ts';

describeKills('wire-metadata');
