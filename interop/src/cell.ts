/** One cell of the matrix: one scenario, one seeder, one leecher. Played, judged, and nothing left behind. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from './judgement.ts';
import { type Measures, measure } from './measure.ts';
import { type Payload, paddedLength, payloadLength, payloadOf, wrongFiles } from './payload.ts';
import { Player } from './player.ts';
import type { Implementation } from './registry.ts';
import type { Check, Evidence, Scenario } from './scenario.ts';
import { Ended, Stage } from './stage.ts';
import { secondOpinion } from './tshark.ts';
import { readFacts } from './wire/facts.ts';
import { summaryOf } from './wire/summary.ts';

export interface Cell {
  readonly id: string;
  readonly scenario: Scenario;
  readonly seeder: Implementation | undefined;
  /** None: one of each. */
  readonly leecher: Implementation | undefined;
  /** Where the tracker is what is tested. */
  readonly tracker: Implementation | undefined;
}

/** Known: it failed, and the registry says by whose fault and why. Broken: it could not be played. */
export type Verdict = 'passed' | 'failed' | 'known' | 'unsupported' | 'broken';

export interface Outcome {
  readonly verdict: Verdict;
  /** What went wrong, where it was not a check. */
  readonly trouble: string;
  readonly checks: readonly Check[];
  readonly measures: Measures;
  readonly seconds: number;
}

export interface World {
  readonly run: string;
  /** For folders of cells that are played now. */
  readonly scratch: string;
  readonly image: (implementation: Implementation) => string;
  readonly tools: string;
  /** The tracker of scenarios that do not test one. */
  readonly tracker: Implementation;
  readonly everybody: readonly Implementation[];
}

const UNSUPPORTED = 89;
/** The engine's own: it could not run the container. */
const ENGINE_CODES: readonly number[] = [125, 126, 127];

/** Plays the cell; logs and the capture's summary go to the folder. */
export async function playCell(cell: Cell, world: World, folder: string, number: number): Promise<Outcome> {
  const begun = performance.now();
  const stage = new Stage(join(world.scratch, `cell-${number}`), world.run, `ferro-interop-${process.pid}-${number}`);
  const payload = payloadOf(cell.scenario.payload);
  let trouble: unknown;
  const player = new Player(cell, world, stage, payload);
  try {
    await stage.open(world.tools);
    await player.play();
  } catch (error) {
    trouble = error;
  }
  try {
    await stage.close();
    const outcome = await verdictOf(cell, stage, player, payload, trouble, folder);
    return { ...outcome, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await stage.empty(world.tools);
  }
}

async function verdictOf(
  { scenario }: Cell,
  stage: Stage,
  player: Player,
  payload: Payload,
  trouble: unknown,
  folder: string,
): Promise<Omit<Outcome, 'seconds'>> {
  mkdirSync(folder, { recursive: true });
  // What a container printed, and what its program wrote beside that.
  for (const path of readdirSync(stage.folder, { recursive: true, encoding: 'utf8' })) {
    const keep = /^([^/]+\/log\/)?[^/]+\.log$/.test(path);
    if (keep) copyFileSync(join(stage.folder, path), join(folder, path.replace('/log/', '-')));
  }
  const nothing = { checks: [], measures: {} };
  if (trouble instanceof Ended && trouble.code === UNSUPPORTED) {
    return { verdict: 'unsupported', trouble: trouble.message, ...nothing };
  }
  if (player.torrent === undefined || !existsSync(stage.capture) || isEngine(trouble)) {
    return { verdict: 'broken', trouble: String(trouble), ...nothing };
  }
  const facts = readFacts(readFileSync(stage.capture));
  const leechers = player.actors.filter(({ name }) => name.startsWith('leecher'));
  const evidence: Evidence = {
    scenario,
    facts,
    actors: player.actors,
    wrong: new Map(leechers.map(({ name, folder: own }) => [name, wrongFiles(payload, join(own, 'data'))])),
    place: player.place,
    always: player.always,
    length: payloadLength(payload),
    paddedLength: paddedLength(payload),
    infoHashes: player.torrent.wireHashes,
    dropped: stage.dropped,
  };
  const hidden = player.always.includes('encryption') && !scenario.use.includes('encryption');
  const opinion = await secondOpinion(stage.capture, facts, hidden);
  const checks = [...judge(evidence), ...opinion.checks];
  const names = new Map(player.actors.flatMap(({ name, ip, ip6 }) => [[ip, name] as const, [ip6, name] as const]));
  writeFileSync(join(folder, 'capture.txt'), summaryOf(facts, names));
  writeFileSync(join(folder, 'tshark.txt'), opinion.text);
  const passed = trouble === undefined && checks.every(({ good }) => good);
  if (!passed) copyFileSync(stage.capture, join(folder, 'capture.pcap'));
  const measures = measure(facts, leechers[0]?.ip ?? '', leechers[0]?.ip6 ?? '');
  const words = trouble === undefined ? '' : trouble instanceof Error ? trouble.message : String(trouble);
  return { verdict: passed ? 'passed' : 'failed', trouble: words, checks, measures };
}

function isEngine(trouble: unknown): boolean {
  if (trouble instanceof Ended) return ENGINE_CODES.includes(trouble.code);
  return trouble instanceof Error && trouble.message.startsWith('docker ');
}
