/** All scenarios, in the order of the table. */

import type { Scenario } from './scenario.ts';
import { discovery } from './scenarios/discovery.ts';
import { swarms } from './scenarios/swarms.ts';
import { trackers } from './scenarios/trackers.ts';
import { transfers } from './scenarios/transfers.ts';

export const SCENARIOS: readonly Scenario[] = [...transfers, ...discovery, ...swarms, ...trackers];
