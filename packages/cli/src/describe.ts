/** What a torrent or a magnet link is, as plain data for programs and as a table and a tree for people. */
import { toHex } from '@ferro/core';
import { formatMagnet, type Magnet, type Metainfo, type TorrentFile } from '@ferro/metainfo';
import { visible } from './output.ts';
import { formatBytes } from './units.ts';

const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? null : toHex(bytes));

/** The link that a torrent file amounts to. */
export function magnetFor(torrent: Metainfo): string {
  return formatMagnet({
    infoHashV1: torrent.infoHashV1,
    infoHashV2: torrent.infoHashV2,
    name: torrent.name,
    length: torrent.length,
    trackers: torrent.trackers.flat(),
    webSeeds: torrent.webSeeds,
  });
}

/** What --json prints: plain data. */
export type Description = Readonly<Record<string, unknown>>;

export function describeTorrent(torrent: Metainfo): Description {
  return {
    name: torrent.name,
    version: torrent.version,
    infoHashV1: torrent.infoHashV1?.hex ?? null,
    infoHashV2: hex(torrent.infoHashV2),
    length: torrent.length,
    pieceLength: torrent.pieceLength,
    pieceCount: torrent.pieceCount,
    private: torrent.private,
    source: torrent.source ?? null,
    comment: torrent.comment ?? null,
    createdBy: torrent.createdBy ?? null,
    creationDate: torrent.creationDate ?? null,
    updateUrl: torrent.updateUrl ?? null,
    files: torrent.files.map(describeFile),
    trackers: torrent.trackers,
    webSeeds: torrent.webSeeds,
    httpSeeds: torrent.httpSeeds,
    nodes: torrent.nodes,
    similar: torrent.similar.map(toHex),
    collections: torrent.collections,
    magnet: magnetFor(torrent),
    deviations: torrent.deviations,
  };
}

function describeFile({ path, length, offset, padding, executable, hidden, symlink, piecesRoot }: TorrentFile) {
  return {
    path,
    length,
    offset,
    padding,
    executable,
    hidden,
    ...(symlink === undefined ? {} : { symlink }),
    ...(piecesRoot === undefined ? {} : { piecesRoot: toHex(piecesRoot) }),
  };
}

export function describeMagnet(magnet: Magnet): Description {
  return {
    ...magnet,
    name: magnet.name ?? null,
    version: magnet.infoHashV1 === undefined ? 'v2' : magnet.infoHashV2 === undefined ? 'v1' : 'hybrid',
    infoHashV1: magnet.infoHashV1?.hex ?? null,
    infoHashV2: hex(magnet.infoHashV2),
    length: magnet.length ?? null,
    magnet: formatMagnet(magnet),
  };
}

/** Rows of a name and a value; rows without a value are left out. */
export function table(rows: readonly (readonly [name: string, value: string | undefined | null])[]): string {
  const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${visible(value!)}`).join('\n');
}

export function torrentText(torrent: Metainfo): string {
  const date = torrent.creationDate === undefined ? undefined : new Date(torrent.creationDate * 1000).toISOString();
  const facts = table([
    ['name', torrent.name],
    ['version', torrent.version],
    ['info-hash v1', torrent.infoHashV1?.hex],
    ['info-hash v2', hex(torrent.infoHashV2)],
    ['size', `${formatBytes(torrent.length)} (${torrent.length} bytes)`],
    ['pieces', `${torrent.pieceCount} × ${formatBytes(torrent.pieceLength)}`],
    ['private', torrent.private ? 'yes' : undefined],
    ['source', torrent.source],
    ['comment', torrent.comment],
    ['created by', torrent.createdBy],
    ['created', date],
    ...torrent.trackers.map((tier, i) => [`tracker tier ${i + 1}`, tier.join('  ')] as const),
    ...torrent.webSeeds.map((url) => ['web seed', url] as const),
    ...torrent.httpSeeds.map((url) => ['HTTP seed', url] as const),
    ['oddities', torrent.deviations.length === 0 ? undefined : `${torrent.deviations.length} (see ferro lint)`],
    ['magnet', magnetFor(torrent)],
  ]);
  return `${facts}\n\n${fileTree(torrent.files)}`;
}

export function magnetText(magnet: Magnet): string {
  return table([
    ['name', magnet.name],
    ['info-hash v1', magnet.infoHashV1?.hex],
    ['info-hash v2', hex(magnet.infoHashV2)],
    ['size', magnet.length === undefined ? undefined : formatBytes(magnet.length)],
    ...magnet.trackers.map((url) => ['tracker', url] as const),
    ...magnet.webSeeds.map((url) => ['web seed', url] as const),
    ...magnet.peers.map(({ host, port }) => ['peer', `${host}:${port}`] as const),
    ['files', magnet.select?.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(', ')],
  ]);
}

interface Folder {
  readonly folders: Map<string, Folder>;
  readonly files: string[];
}

/** The files as a tree, padding left out. */
function fileTree(files: readonly TorrentFile[]): string {
  const root: Folder = { folders: new Map(), files: [] };
  for (const file of files) {
    if (file.padding) continue;
    let folder = root;
    for (const name of file.path.slice(0, -1)) {
      const next = folder.folders.get(name) ?? { folders: new Map(), files: [] };
      folder.folders.set(name, next);
      folder = next;
    }
    const link = file.symlink === undefined ? '' : ` → ${file.symlink.join('/')}`;
    folder.files.push(`${visible(file.path.at(-1)! + link)}  ${formatBytes(file.length)}`);
  }
  return treeLines(root, '').join('\n');
}

function treeLines({ folders, files }: Folder, indent: string): string[] {
  const below = [...folders].flatMap(([name, folder]) => [
    `${indent}${visible(name)}/`,
    ...treeLines(folder, `${indent}  `),
  ]);
  return [...below, ...files.map((line) => indent + line)];
}
