/**
 * Everything that reading tolerates (BEP 3, 12, 17, 19, 47, 52): the rule that was broken, how bad that is, and what reading
 * did about it. The ids are stable; each deviation of a parsed torrent carries one.
 */

/**
 * `error`: other programs refuse the file, or something in it could not be used. `warning`: a name or list is used otherwise
 * than written. `note`: odd, without effect.
 */
export type Severity = 'error' | 'warning' | 'note';

export interface Rule {
  readonly severity: Severity;
  readonly spec: string;
  readonly text: string;
}

const rule = (severity: Severity, spec: string, text: string): Rule => ({ severity, spec, text });

const BENCODING = 'BEP 3, bencoding';
const NAMES = 'BEP 52, file tree';

export const rules: Readonly<Record<RuleId, Rule>> = {
  'bencode/leading-zero': rule('error', BENCODING, 'a number starts with a zero; it was read as if it did not'),
  'bencode/negative-zero': rule('error', BENCODING, 'a number is minus zero; it was read as zero'),
  'bencode/key-unsorted': rule('error', BENCODING, 'a dictionary key is out of order'),
  'bencode/key-duplicate': rule('error', BENCODING, 'a dictionary has a key twice; the first counts'),
  'bencode/trailing-bytes': rule('warning', BENCODING, 'bytes follow the end of the torrent; they are ignored'),
  'name/not-utf8': rule('warning', NAMES, 'a name is not UTF-8; each bad byte sequence became _'),
  'name/separator': rule('error', NAMES, 'a name contains a path separator; it became _'),
  'name/control': rule('error', NAMES, 'a name contains control characters; each became _'),
  'name/direction': rule('error', NAMES, 'a name contains characters that change the direction of text; each became _'),
  'name/forbidden': rule('warning', NAMES, 'a name contains a character that Windows forbids; it became _'),
  'name/end': rule('warning', NAMES, 'a name ends in dots or spaces, which Windows drops; they were left out'),
  'name/device': rule('warning', NAMES, 'a name is that of a device in Windows; _ was added'),
  'name/dots': rule('error', NAMES, 'a name is empty or means a folder, not a file; it became _'),
  'name/too-long': rule('warning', NAMES, 'a name is longer than file systems allow; its middle was left out'),
  'path/too-long': rule('warning', NAMES, 'a path is longer than systems allow; folders in its middle were left out'),
  'path/taken': rule('warning', NAMES, 'two files have the same path on some file system; the later one got a number'),
  'path/is-folder': rule('error', NAMES, 'a file has the path of a folder; it got a number'),
  'file/padding-by-name': rule(
    'note',
    'BEP 47, padding files',
    'a file is padding by its name only, as BitComet marks it',
  ),
  'file/link-target': rule(
    'error',
    'BEP 47, symlinks',
    'a link leads to nothing inside the torrent; it cannot be used',
  ),
  'file/link-relative': rule(
    'note',
    'BEP 47, symlinks',
    'the target of a link is given from its own folder, not from the root',
  ),
  'info/layer-unknown': rule('note', 'BEP 52, piece layers', 'a piece layer belongs to no file; it is ignored'),
  'info/pieces-missing': rule(
    'error',
    'BEP 52, upgrade path',
    'a hybrid has no hashes of version 1; those of version 2 are used',
  ),
  'trackers/not-a-tier': rule(
    'warning',
    'BEP 12',
    'an entry of announce-list is not a list; text is taken as a tier of its own',
  ),
  'trackers/not-a-url': rule('warning', 'BEP 12', 'a tracker is not text, or empty; it is ignored'),
  'seeds/not-a-url': rule('warning', 'BEP 17 and 19', 'a web seed is not text, or empty; it is ignored'),
  'nodes/malformed': rule(
    'warning',
    'BEP 5, torrent file extensions',
    'a node is not a host name and a port; it is ignored',
  ),
  'list/too-long': rule('warning', 'no BEP', 'a list is longer than anybody needs; the rest is ignored'),
};

export type RuleId =
  | 'bencode/leading-zero'
  | 'bencode/negative-zero'
  | 'bencode/key-unsorted'
  | 'bencode/key-duplicate'
  | 'bencode/trailing-bytes'
  | 'name/not-utf8'
  | 'name/separator'
  | 'name/control'
  | 'name/direction'
  | 'name/forbidden'
  | 'name/end'
  | 'name/device'
  | 'name/dots'
  | 'name/too-long'
  | 'path/too-long'
  | 'path/taken'
  | 'path/is-folder'
  | 'file/padding-by-name'
  | 'file/link-target'
  | 'file/link-relative'
  | 'info/layer-unknown'
  | 'info/pieces-missing'
  | 'trackers/not-a-tier'
  | 'trackers/not-a-url'
  | 'seeds/not-a-url'
  | 'nodes/malformed'
  | 'list/too-long';
