/**
 * Peer ids, made and read (BEP 20): a dash, two letters for the client, four for its version, a dash, then chance; and the
 * older styles of Shadow and of the mainline client. Whatever a peer sends, the name made of it is short, printable text.
 */
import { type Environment, Id20 } from '@ferro/core';

/** How Ferro calls itself. */
const OUR_CODE = 'Fe';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A new id: `-Fe0100-` and twelve random bytes, so that two connections show nothing in common. A code of two letters makes one
 * in the style of Azureus with up to four parts of a version, a code of one letter one in the style of Shadow with up to five.
 */
export function makePeerId(
  environment: Environment,
  client: { readonly code?: string; readonly version?: readonly number[] } = {},
): Id20 {
  const { code = OUR_CODE, version = [0, 1] } = client;
  const digits = version.map((part) => DIGITS[part] ?? '').join('');
  const isAzureus = /^[A-Za-z0-9~]{2}$/.test(code);
  if (!isAzureus && !/^[A-Z]$/.test(code)) throw new RangeError('the code of a client is one or two letters');
  if (digits.length !== version.length || digits.length > (isAzureus ? 4 : 5)) {
    throw new RangeError('a version has at most four or five parts, each at most 61');
  }
  const head = isAzureus ? `-${code}${digits.padEnd(4, '0')}-` : `${code}${digits.padEnd(5, '-')}---`;
  const bytes = new Uint8Array(20);
  environment.random(bytes.subarray(head.length));
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  return Id20.from(bytes);
}

/** A name and a version, such as `Transmission 3.0.0.0`; undefined for an id in no known style. */
export function clientOf(peerId: Uint8Array): string | undefined {
  const head = String.fromCharCode(...peerId.subarray(0, 9));
  return azureusStyle(head) ?? mainlineStyle(head) ?? shadowStyle(head);
}

function azureusStyle(head: string): string | undefined {
  const match = /^-([A-Za-z0-9~]{2})([A-Za-z0-9]{4})-/.exec(head);
  if (match === null) return undefined;
  return `${AZUREUS[match[1]!] ?? match[1]} ${versionOf(match[2]!)}`;
}

/** `M4-3-6--`: decimal numbers between dashes. */
function mainlineStyle(head: string): string | undefined {
  const match = /^([MQ])(\d{1,2})-(\d{1,2})-(\d{1,2})-/.exec(head);
  if (match === null) return undefined;
  return `${match[1] === 'M' ? 'BitTorrent' : 'Queen Bee'} ${match[2]}.${match[3]}.${match[4]}`;
}

/** `S58B-----`: a letter, up to five digits of base 64 padded with dashes, three dashes. */
function shadowStyle(head: string): string | undefined {
  const match = /^([AOQRSTU])([0-9A-Za-z.]{1,5})(-*)---$/.exec(head);
  if (match === null || match[2]!.length + match[3]!.length !== 5) return undefined;
  return `${SHADOW[match[1]!]} ${versionOf(match[2]!)}`;
}

function versionOf(digits: string): string {
  return [...digits].map((digit) => (digit === '.' ? 62 : DIGITS.indexOf(digit))).join('.');
}

const SHADOW: Readonly<Record<string, string>> = {
  A: 'ABC',
  O: 'Osprey Permaseed',
  Q: 'BTQueue',
  R: 'Tribler',
  S: 'Shadow',
  T: 'BitTornado',
  U: 'UPnP NAT Bit Torrent',
};

/** Of the many in BEP 20, those that are still met, and a few that came later. Others are shown by their two letters. */
const AZUREUS: Readonly<Record<string, string>> = {
  [OUR_CODE]: 'Ferro',
  A2: 'aria2',
  AG: 'Ares',
  AR: 'Arctic',
  AZ: 'Azureus',
  BC: 'BitComet',
  BG: 'BTG',
  BI: 'BiglyBT',
  BT: 'BitTorrent',
  CT: 'CTorrent',
  DE: 'Deluge',
  FD: 'Free Download Manager',
  FW: 'FrostWire',
  HL: 'Halite',
  KG: 'KGet',
  KT: 'KTorrent',
  LP: 'Lphant',
  LT: 'libtorrent',
  lt: 'libTorrent (rakshasa)',
  LW: 'LimeWire',
  MO: 'MonoTorrent',
  MR: 'Miro',
  PI: 'PicoTorrent',
  qB: 'qBittorrent',
  SZ: 'Shareaza',
  TR: 'Transmission',
  TX: 'Tixati',
  UM: 'uTorrent for Mac',
  UT: 'uTorrent',
  UW: 'uTorrent Web',
  WD: 'WebTorrent Desktop',
  WW: 'WebTorrent',
  XL: 'Xunlei',
  XT: 'XanTorrent',
};
