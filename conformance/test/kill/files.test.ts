import { describeKills } from './kills.ts';

describeKills('files');
