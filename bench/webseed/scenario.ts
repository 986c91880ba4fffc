/** What the program that starts a measurement and the one that is measured tell each other, in a file. */
import { readFileSync } from 'node:fs';
import { fromHex } from '@ferro/core';
import { Layout } from '@ferro/metainfo';

export interface Scenario {
  readonly url: string;
  /** Where the files go. */
  readonly output: string;
  readonly files: readonly { readonly path: readonly string[]; readonly length: number }[];
  readonly pieceLength: number;
  /** Of all pieces, in hexadecimal. */
  readonly sha1: string;
}

export function readScenario(path: string): { readonly scenario: Scenario; readonly layout: Layout } {
  const scenario = JSON.parse(readFileSync(path, 'utf8')) as Scenario;
  return { scenario, layout: layoutOf(scenario) };
}

function layoutOf({ files: shapes, pieceLength, sha1 }: Scenario): Layout {
  let offset = 0;
  const files = shapes.map((shape) => {
    const file = { ...shape, offset, padding: false, executable: false, hidden: false };
    offset += shape.length;
    return file;
  });
  const pieceCount = Math.ceil(offset / pieceLength);
  return new Layout({ version: 'v1', pieceLength, pieceCount, files, pieces: fromHex(sha1)! });
}
