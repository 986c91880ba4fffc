/**
 * Where an announce may go. URLs of trackers come from torrents, that is from strangers, and must not make us ask the machines
 * around us on their behalf (server-side request forgery; no BEP speaks of it). A pure function, to be asked for every address
 * that a name has, and again on every redirect.
 */
import { type Address, canonicalIp, scopeOf } from '@ferro/core';
import { parseTrackerUrl, type TrackerUrl } from './url.ts';

export interface TrackerRules {
  /** Host names outside ASCII (`xn--…`), which may look like others. Refused by default. */
  readonly internationalNames?: boolean;
}

/** What a client adds to the URL itself: a URL that brings it along speaks for somebody else. */
const CLIENT_PARAMETERS: ReadonlySet<string> = new Set([
  'info_hash',
  'peer_id',
  'port',
  'uploaded',
  'downloaded',
  'left',
  'corrupt',
  'event',
  'key',
  'ip',
  'numwant',
  'compact',
]);

/** On the own machine, only what is a tracker by its path is asked: other programs listen there too. */
const LOOPBACK_PATHS: ReadonlySet<string> = new Set(['/announce', '/scrape']);

/** Whether the URL as given in a torrent may be asked at all, before a name is resolved. */
export function permitsTrackerUrl(url: string, rules: TrackerRules = {}): boolean {
  const parts = parsed(url);
  if (parts === undefined) return false;
  if (rules.internationalNames !== true && /(^|\.)xn--/.test(parts.host)) return false;
  const names = (parts.query ?? '').split('&').map((parameter) => parameter.split('=', 1)[0]!.toLowerCase());
  return !names.some((name) => CLIENT_PARAMETERS.has(unescaped(name)));
}

/**
 * Whether this address may be asked for this URL. `url` is the one that is requested, so it may hold the parameters that the
 * client has added; permitsTrackerUrl() judges it without them. `redirectedFrom` is the address that sent us here.
 */
export function permitsTracker(url: string, address: Address, redirectedFrom?: Address, rules?: TrackerRules): boolean {
  const parts = parsed(url);
  if (parts === undefined) return false;
  if (rules?.internationalNames !== true && /(^|\.)xn--/.test(parts.host)) return false;
  if (address.port === 0 || canonicalIp(address.ip) === undefined) return false;
  switch (scopeOf(address.ip)) {
    case 'global':
    case 'documentation':
      return true;
    case 'private':
      return redirectedFrom === undefined || isLocal(redirectedFrom);
    case 'loopback':
      return LOOPBACK_PATHS.has(parts.path) && (redirectedFrom === undefined || isLoopback(redirectedFrom));
    default:
      // Link-local addresses serve secrets of cloud machines, 0.0.0.0 is the own machine by another name.
      return false;
  }
}

/** The rules for one exchange with its redirects: remembers where the last one came from. `further` may refuse more. */
export function redirectRules(
  rules: TrackerRules,
  further: (address: Address) => boolean = () => true,
): (address: Address, url: string) => boolean {
  let hop: { readonly url: string; readonly from: Address | undefined; asked: Address | undefined } | undefined;
  return (address, url) => {
    if (hop?.url !== url) hop = { url, from: hop?.asked, asked: undefined };
    const permitted = permitsTracker(url, address, hop.from, rules) && further(address);
    // Of several addresses of a name nobody knows which one will answer: one that is not local counts for all.
    if (permitted && (hop.asked === undefined || isLocal(hop.asked))) hop.asked = address;
    return permitted;
  };
}

function isLocal(address: Address): boolean {
  const scope = scopeOf(address.ip);
  return scope === 'private' || scope === 'loopback';
}

function isLoopback(address: Address): boolean {
  return scopeOf(address.ip) === 'loopback';
}

function parsed(url: string): TrackerUrl | undefined {
  try {
    return parseTrackerUrl(url);
  } catch {
    return undefined;
  }
}

/** `%69nfo_hash` is the same parameter. */
function unescaped(name: string): string {
  return name.replace(/%([0-7][0-9a-f])/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
