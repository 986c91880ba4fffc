/**
 * Where a web seed may be. Its URL comes from a torrent, that is from strangers, and must not make us ask the machines around us
 * on their behalf (server-side request forgery; no BEP speaks of it). Asked for every address that a name has, and again on
 * every redirect.
 */
import { type Address, canonicalIp, scopeOf } from '@ferro/core';
import { hasQuery, parseSeedUrl, type UrlRules } from './url.ts';

/**
 * Whether this address may be asked. Machines nearby only without a query, which could be an order to them, and never because
 * one far away sent us there. `redirectedFrom` is the address that did; `query` tells whether strangers wrote one.
 */
export function permitsWebSeed(address: Address, query: boolean, redirectedFrom?: Address): boolean {
  if (address.port === 0 || canonicalIp(address.ip) === undefined) return false;
  switch (scopeOf(address.ip)) {
    case 'global':
    case 'documentation':
      return true;
    case 'private':
      return !query && (redirectedFrom === undefined || isLocal(redirectedFrom));
    case 'loopback':
      return !query && (redirectedFrom === undefined || scopeOf(redirectedFrom.ip) === 'loopback');
    default:
      // Link-local addresses serve secrets of cloud machines, 0.0.0.0 is the own machine by another name.
      return false;
  }
}

/**
 * The rules for one exchange with its redirects: remembers where the last one came from. `seed` is the URL that stands in the
 * torrent, without what the client adds; `further` may refuse more.
 */
export function redirectRules(
  seed: string,
  rules: UrlRules = {},
  further: (address: Address) => boolean = () => true,
): (address: Address, url: string) => boolean {
  let hop: { readonly url: string; readonly query: boolean; readonly from?: Address; asked?: Address } | undefined;
  return (address, url) => {
    if (!isUrl(url, rules)) return false;
    if (hop === undefined) hop = { url, query: hasQuery(seed) };
    else if (hop.url !== url) hop = { url, query: hasQuery(url), ...(hop.asked && { from: hop.asked }) };
    const permitted = permitsWebSeed(address, hop.query, hop.from) && further(address);
    // Of several addresses of a name nobody knows which one will answer: one that is not local counts for all.
    if (permitted && (hop.asked === undefined || isLocal(hop.asked))) hop.asked = address;
    return permitted;
  };
}

function isLocal(address: Address): boolean {
  const scope = scopeOf(address.ip);
  return scope === 'private' || scope === 'loopback';
}

function isUrl(url: string, rules: UrlRules): boolean {
  try {
    parseSeedUrl(url, rules);
    return true;
  } catch {
    return false;
  }
}
