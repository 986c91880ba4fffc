/** Addresses: their texts (RFC 5952), their compact forms (BEP 23, BEP 7), and what kind of place they are. */
import { describe, expect, test } from 'vitest';
import {
  canonicalIp,
  compactLength,
  decodeCompact,
  decodeCompactList,
  encodeCompact,
  encodeCompactList,
  familyOf,
  formatAddress,
  formatIp,
  ProtocolError,
  parseAddress,
  parseIp,
  sameAddress,
  scopeOf,
} from '../src/index.ts';

describe('texts of IP addresses', () => {
  test.each([
    ['1.2.3.4', '1.2.3.4'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['1:0:0:4:0:0:0:8', '1:0:0:4::8'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::192.0.2.1', '::c000:201'],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalIp(text)).toBe(canonical);
    expect(canonicalIp(canonical)).toBe(canonical);
  });

  test.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.256',
    '1.2.3.04',
    '1.2.3.+4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1.2.3.1000000000000000000',
    ':',
    ':::',
    '1:',
    ':1',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::12345',
    '::g',
    'fe80::1%eth0',
    '[::1]',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    'localhost',
    '::１',
  ])('%j is no IP address', (text) => {
    expect(parseIp(text)).toBeUndefined();
    expect(canonicalIp(text)).toBeUndefined();
  });

  test('bytes of another number are a mistake of the caller', () => {
    for (const length of [0, 3, 5, 15, 17]) expect(() => formatIp(new Uint8Array(length))).toThrow(RangeError);
  });

  test('the family is that of the canonical text', () => {
    expect([familyOf('1.2.3.4'), familyOf('::1')]).toEqual([4, 6]);
  });
});

describe('addresses with ports', () => {
  test.each([
    ['1.2.3.4:80', '1.2.3.4', 80],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[2001:db8::1]:65535', '2001:db8::1', 65_535],
    ['[::ffff:1.2.3.4]:1', '1.2.3.4', 1],
  ])('%s', (text, ip, port) => {
    expect(parseAddress(text)).toEqual({ ip, port });
  });

  test.each([
    '',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:65536',
    '1.2.3.4:123456',
    '1.2.3.4:-1',
    '1.2.3.4:8o',
    '[1.2.3.4]:80',
    '::1:80',
    '2001:db8::1',
    '[::1]',
    '[::1]80',
    '[::1:80',
    'example.com:80',
    ' 1.2.3.4:80',
  ])('%j is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test('formatting brackets IPv6', () => {
    expect(formatAddress({ ip: '1.2.3.4', port: 5 })).toBe('1.2.3.4:5');
    expect(formatAddress({ ip: '::1', port: 5 })).toBe('[::1]:5');
  });

  test('two addresses are the same by IP and port', () => {
    const here = { ip: '1.2.3.4', port: 5 };
    expect(sameAddress(here, { ...here })).toBe(true);
    expect(sameAddress(here, { ...here, port: 6 })).toBe(false);
    expect(sameAddress(here, { ...here, ip: '1.2.3.5' })).toBe(false);
  });
});

describe('compact forms', () => {
  test('BEP 23: 4 bytes of address and 2 of port, big-endian', () => {
    expect([...encodeCompact({ ip: '1.2.3.4', port: 0x1ae1 })]).toEqual([1, 2, 3, 4, 0x1a, 0xe1]);
    expect(decodeCompact(Uint8Array.of(9, 9, 1, 2, 3, 4, 0x1a, 0xe1), 2, 4)).toEqual({ ip: '1.2.3.4', port: 0x1ae1 });
  });

  test('BEP 7: 16 bytes of address and 2 of port', () => {
    const bytes = encodeCompact({ ip: '2001:db8::7', port: 0xffff });
    expect(bytes.length).toBe(compactLength(6));
    expect([...bytes]).toEqual([0x20, 1, 0x0d, 0xb8, ...Array(11).fill(0), 7, 255, 255]);
    expect(decodeCompact(bytes, 0, 6)).toEqual({ ip: '2001:db8::7', port: 65_535 });
  });

  test('an IPv4 address inside an IPv6 one comes out as itself', () => {
    const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 1, 2, 3, 4, 0, 80);
    expect(decodeCompact(mapped, 0, 6)).toEqual({ ip: '1.2.3.4', port: 80 });
  });

  test('a list has those of one family, in order', () => {
    const all = [
      { ip: '1.2.3.4', port: 1 },
      { ip: '::5', port: 2 },
      { ip: '5.6.7.8', port: 3 },
    ];
    expect(decodeCompactList(encodeCompactList(all, 4), 4)).toEqual([all[0], all[2]]);
    expect(decodeCompactList(encodeCompactList(all, 6), 6)).toEqual([all[1]]);
    expect(decodeCompactList(new Uint8Array(0), 4)).toEqual([]);
  });

  test.each([
    [4, 7, 'BEP 23, compact peers'],
    [6, 6, 'BEP 7, peers6'],
  ] as const)('a list of family %d and %d bytes is not whole', (family, length, spec) => {
    expect(() => decodeCompactList(new Uint8Array(length), family)).toThrow(
      expect.objectContaining({ code: 'core/compact-length', spec, constructor: ProtocolError }) as Error,
    );
  });

  test('a name has no compact form', () => {
    expect(() => encodeCompact({ ip: 'localhost', port: 1 })).toThrow(RangeError);
  });
});

describe('scopes (RFC 6890)', () => {
  test.each([
    ['8.8.8.8', 'global'],
    ['9.255.255.255', 'global'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['11.0.0.0', 'global'],
    ['100.63.255.255', 'global'],
    ['100.64.0.0', 'private'],
    ['100.127.255.255', 'private'],
    ['100.128.0.0', 'global'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['172.15.255.255', 'global'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'global'],
    ['192.168.1.1', 'private'],
    ['192.0.2.1', 'documentation'],
    ['198.18.0.1', 'reserved'],
    ['198.20.0.0', 'global'],
    ['203.0.113.9', 'documentation'],
    ['223.255.255.255', 'global'],
    ['224.0.0.1', 'multicast'],
    ['239.192.152.143', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['2606:4700::1111', 'global'],
    ['2001:db8::1', 'documentation'],
    ['fc00::1', 'private'],
    ['fdff::1', 'private'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'global'],
    ['ff02::1', 'multicast'],
    ['localhost', 'reserved'],
  ])('%s is %s', (ip, scope) => {
    expect(scopeOf(ip)).toBe(scope);
  });
});
