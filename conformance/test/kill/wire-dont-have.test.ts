import { describeKills } from './kills.ts';

describeKills('wire-dont-have');
