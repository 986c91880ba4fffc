/** Which files of a torrent match a glob: `*` and `?` within a name, `**` across folders; a bare name matches anywhere. */
export function selectByGlob(globs: readonly string[]): (file: { readonly path: readonly string[] }) => boolean {
  const patterns = globs.map((glob) => ({ deep: glob.includes('/'), pattern: patternOf(glob) }));
  return ({ path }) =>
    patterns.some(
      ({ deep, pattern }) =>
        pattern.test(deep ? path.join('/') : path.at(-1)!) || pattern.test(path.slice(1).join('/')),
    );
}

function patternOf(glob: string): RegExp {
  const source = glob.replace(/\*\*\/?|\*|\?|[^*?]+/g, (part) => {
    if (part.startsWith('**')) return '.*';
    if (part === '*') return '[^/]*';
    return part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'iu');
}
