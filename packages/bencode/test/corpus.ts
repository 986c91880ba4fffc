/**
 * What is not canonical bencode (BEP 3, bencoding): for each input the code and offset that strict decoding fails with, and
 * what lenient decoding does: read it with these deviations, or fail as well.
 */
export interface Malformed {
  readonly encoded: string;
  readonly code: string;
  readonly offset: number;
  /** Deviations as `code@offset`; absent if a lenient reading fails, at the same place. */
  readonly lenient?: readonly string[];
}

const end = (encoded: string): Malformed => ({ encoded, code: 'unexpected-end', offset: encoded.length });
const byte = (encoded: string, offset: number): Malformed => ({ encoded, code: 'unexpected-byte', offset });

/** Read leniently with these deviations; the first of them is the strict error. */
function readable(encoded: string, ...lenient: readonly string[]): Malformed {
  const [code, offset] = lenient[0]!.split('@');
  return { encoded, code: code!, offset: Number(offset), lenient };
}

export const malformed: readonly Malformed[] = [
  // Cut short.
  end(''),
  end('i'),
  end('i-'),
  end('i3'),
  end('4'),
  end('4:'),
  end('4:spa'),
  end('99999999999:spam'),
  end(`${'9'.repeat(400)}:spam`),
  end('l'),
  end('li1e'),
  end('l4:spam'),
  end('d'),
  end('d3:foo'),
  end('d3:fooi1e'),
  end('d3:food'),
  end('lllld'),
  // No value at all.
  byte('e', 0),
  byte('x', 0),
  byte(' i1e', 0),
  byte('\ufeffi1e'.replace('\ufeff', '\xef\xbb\xbf'), 0),
  byte('<html>', 0),
  byte('null', 0),
  byte('L1:ae', 0),
  byte('lxe', 1),
  // Integers.
  byte('ie', 1),
  byte('i-e', 2),
  byte('i--1e', 2),
  byte('i+3e', 1),
  byte('i 3e', 1),
  byte('i3 e', 2),
  byte('i1.5e', 2),
  byte('i1e3e'.replace('1e3', '1E3'), 2),
  byte('i0x1fe', 2),
  byte('i1:e', 2),
  byte('i٣e'.replace('٣', '\xd9\xa3'), 1),
  readable('i05e', 'leading-zero@1'),
  readable('i00e', 'leading-zero@1'),
  readable('i-05e', 'leading-zero@2'),
  readable('i-0e', 'negative-zero@1'),
  readable('i-00e', 'leading-zero@2', 'negative-zero@1'),
  // Byte strings.
  byte('-1:a', 0),
  byte(':a', 0),
  byte('4spam', 1),
  byte('1 :a', 1),
  byte('0x1:a', 1),
  byte('1.0:a', 1),
  byte('4e:spam', 1),
  readable('04:spam', 'leading-zero@0'),
  readable('00:', 'leading-zero@0'),
  // Dictionaries.
  byte('di1e3:fooe', 1),
  byte('dle1:ae', 1),
  byte('d-1:ai1ee', 1),
  byte('d3:fooe', 6),
  byte('d1:ai1e1:be', 10),
  readable('d1:bi1e1:ai2ee', 'key-unsorted@7'),
  readable('d1:bi1e1:ai2e1:ai3ee', 'key-unsorted@7', 'key-duplicate@13'),
  readable('d1:bi1e1:ai2e1:bi3ee', 'key-unsorted@7', 'key-duplicate@13'),
  readable('d2:aai1e1:ai2ee', 'key-unsorted@8'),
  readable('d1:\x80i1e1:ai2ee', 'key-unsorted@7'),
  readable('d1:9i1e2:10i2ee', 'key-unsorted@7'),
  readable('d1:ai1e1:ai2ee', 'key-duplicate@7'),
  readable('d0:i1e0:i2ee', 'key-duplicate@6'),
  readable('d9:__proto__i1e9:__proto__i2ee', 'key-duplicate@15'),
  readable('d01:ai1ee', 'leading-zero@1'),
  readable('d1:ad1:ci1e1:bi2eee', 'key-unsorted@11'),
  // Something behind the value.
  readable('i1e\n', 'trailing-bytes@3'),
  readable('lee', 'trailing-bytes@2'),
  readable('deGARBAGE', 'trailing-bytes@2'),
  readable('3:abcd', 'trailing-bytes@5'),
  readable('i1ei2e', 'trailing-bytes@3'),
  // Several at once.
  readable('d1:bi-0e1:ai01ee\0', 'negative-zero@5', 'key-unsorted@8', 'leading-zero@12', 'trailing-bytes@16'),
];
