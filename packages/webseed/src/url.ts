/**
 * The URLs of a web seed (BEP 19, metadata extension and multi-file torrents; BEP 17, protocol). What stands in a torrent may
 * have spaces and letters of any script, and is escaped; what two readers could read differently is refused, because the host
 * that is checked must be the host that is asked.
 */
import { type Id20, ProtocolError } from '@ferro/core';
import type { SeedFile } from './layout.ts';
import { limits } from './limits.ts';

export interface UrlRules {
  /** Host names outside ASCII (`xn--…`), which may look like others. Refused by default. */
  readonly internationalNames?: boolean;
}

const HOST = /^(?:(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?|\[[0-9a-f:.]+\])$/i;
const CREDENTIALS = /^[\w.~%!$&'()*+,;=:-]+$/;

/** The URL with what has to be escaped escaped, and without a fragment; otherwise a ProtocolError with `webseed/bad-url`. */
export function parseSeedUrl(url: string, rules: UrlRules = {}): string {
  if (url.length > limits.urlLength) throw badUrl('too many characters');
  const match = /^(https?):\/\/(?:([^/?#@]*)@)?([^/?#@]*?)(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?$/i.exec(url.trim());
  if (match === null) throw badUrl('another form than http://host/path');
  const [, scheme = '', credentials, host = '', port, target = '/'] = match;
  if (!HOST.test(host)) throw badUrl('a host that is no name or address');
  if (rules.internationalNames !== true && /(^|\.)xn--/i.test(host)) throw badUrl('an international host name');
  if (credentials !== undefined && !CREDENTIALS.test(credentials)) throw badUrl('odd credentials');
  if (port !== undefined && (Number(port) > 65_535 || Number(port) === 0)) throw badUrl('an impossible port');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(target)) throw badUrl('a control character');
  const authority = `${credentials === undefined ? '' : `${credentials}@`}${host.toLowerCase()}`;
  const path = target.startsWith('?') ? `/${target}` : target;
  return `${scheme.toLowerCase()}://${authority}${port === undefined ? '' : `:${Number(port)}`}${escaped(path)}`;
}

/** The URL of a file. `isOnly`: the torrent is this file, not a folder. */
export function fileUrl(base: string, file: SeedFile, isOnly: boolean): string {
  if (isOnly && !base.endsWith('/')) return base;
  return `${base}${base.endsWith('/') ? '' : '/'}${namesOf(file).map(escapedName).join('/')}`;
}

/** Whether the names of a file can stand in a URL: with some, it would be shortened on its way to that of another file. */
export function canBeNamed(file: SeedFile): boolean {
  return !namesOf(file).some((name) => name === '' || name === '.' || name === '..');
}

function namesOf(file: SeedFile): readonly string[] {
  return file.original ?? file.path;
}

/** The question to a script (BEP 17, protocol): a whole piece, or one range of it. */
export function pieceUrl(base: string, infoHash: Id20, piece: number, range?: { from: number; to: number }): string {
  const hash = Array.from(infoHash.bytes, (byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
  const ranges = range === undefined ? '' : `&ranges=${range.from}-${range.to - 1}`;
  return `${base}${base.includes('?') ? '&' : '?'}info_hash=${hash}&piece=${piece}${ranges}`;
}

/** Whether a URL brings a query along: one that could give orders to a machine nearby. */
export function hasQuery(url: string): boolean {
  return url.includes('?');
}

function escaped(target: string): string {
  return target
    .toWellFormed()
    .replace(/%(?![0-9a-f]{2})/gi, '%25')
    .replace(/[^\x21-\x7e]+|["<>\\^`{|}]/gu, encodeURIComponent);
}

/** Also what encodeURIComponent leaves and some servers take for syntax. */
function escapedName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function badUrl(what: string): ProtocolError {
  return new ProtocolError('webseed/bad-url', 'RFC 3986, syntax', `the URL of the web seed has ${what}`);
}
