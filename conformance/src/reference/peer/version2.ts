/** As much of BEP 52 as the reference peer needs: a single file of one block, whose root is the SHA-256 of its bytes. */
import type { BencodedMap } from '../../probe/bencode.ts';

export interface Shape {
  /** With the keys that version 1 has. */
  readonly keys: BencodedMap;
  readonly algorithm: 'sha1' | 'sha256';
  readonly hashLength: number;
}

export function shapeOf(info: BencodedMap): Shape {
  const tree = info.get('file tree');
  if (info.has('pieces') || !(tree instanceof Map)) return { keys: info, algorithm: 'sha1', hashLength: 20 };
  const leaf = ([...(tree as BencodedMap).values()][0] as BencodedMap).get('') as BencodedMap;
  const more = [['length', leaf.get('length')!] as const, ['pieces', leaf.get('pieces root')!] as const];
  return { keys: new Map([...info, ...more]), algorithm: 'sha256', hashLength: 32 };
}
