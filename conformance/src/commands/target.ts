/** The options that name the target, for every command that asks one. */
import { type Command, Option } from 'commander';
import { type Network, useNetwork } from '../addresses.ts';
import { attach } from '../target/attach.ts';
import { openDriver } from '../target/driver.ts';
import { openExec } from '../target/exec.ts';
import { readInfoHashes } from '../target/info-hashes.ts';
import { readManifest } from '../target/manifest.ts';
import type { Target } from '../target/target.ts';
import { UsageError } from './output.ts';

export interface TargetSettings {
  readonly target?: string;
  readonly tracker?: readonly string[];
  readonly dht?: readonly string[];
  readonly infoHashes?: string;
  readonly allowPublic?: boolean;
  readonly network?: `${Network}`;
  readonly name?: string;
}

export function targetOptions(command: Command): Command {
  return command
    .option(
      '--target <file or name>',
      'a manifest, conformance.target.json, or the name of one that comes with the suite, such as aria2',
    )
    .option('--tracker <url...>', 'trackers that run: http://…/announce, udp://…; one of each kind is one target')
    .option('--dht <host:port...>', 'a DHT node that runs')
    .option('--info-hashes <file>', 'for a target that serves only those on a list (see hashes)')
    .option('--name <name>', 'what the reports call the target')
    .option('--allow-public', 'ask addresses that are not private')
    .addOption(
      new Option(
        '--network <first number>',
        'of the addresses at which programs are started and meet: 127 (the default); 10 for clients that call nobody at 127.…; 203 for rules that do not hold on local networks',
      ).choices(['127', '10', '203']),
    );
}

export async function openTarget(settings: TargetSettings): Promise<Target> {
  useNetwork(Number(settings.network ?? 127) as Network);
  const target = await namedTarget(settings);
  if (settings.infoHashes === undefined) return target;
  return { ...target, takeInfoHash: readInfoHashes(settings.infoHashes) };
}

async function namedTarget(settings: TargetSettings): Promise<Target> {
  const { tracker: trackers, dht, allowPublic, name } = settings;
  if (settings.target !== undefined) return openManifest(settings.target, allowPublic === true);
  if (trackers === undefined && dht === undefined)
    throw new UsageError('say what to ask: --target, --tracker or --dht');
  return attach({
    ...(trackers !== undefined && { trackers }),
    ...(dht !== undefined && { dht }),
    ...(allowPublic !== undefined && { allowPublic }),
    ...(name !== undefined && { name }),
  });
}

async function openManifest(path: string, allowPublic: boolean): Promise<Target> {
  const { manifest, folder } = readManifest(path);
  const { driver } = manifest;
  if (driver.kind === 'exec') return openExec(manifest, driver, folder);
  if (driver.kind === 'driver') return openDriver(manifest, driver, folder);
  const { kind: _kind, ...addresses } = driver;
  return attach({ ...addresses, name: manifest.name, allowPublic });
}

/** As it has to be typed to ask the same target again. */
export function targetArguments(settings: TargetSettings): string {
  const { target, tracker = [], dht = [], allowPublic, infoHashes, network } = settings;
  if (target !== undefined) return `--target ${target}${network === undefined ? '' : ` --network ${network}`}`;
  const urls = tracker.map((url) => `--tracker '${url}'`);
  return [
    ...urls,
    ...dht.map((at) => `--dht ${at}`),
    ...(infoHashes === undefined ? [] : [`--info-hashes ${infoHashes}`]),
    ...(allowPublic === true ? ['--allow-public'] : []),
  ].join(' ');
}
