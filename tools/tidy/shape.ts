/** Rules about packages: the graph that is drawn, limits with reasons, READMEs with five parts, a clean lockfile, a clean tongue. */
import { packagesOf, places, type Rule, sourcesOf, type Tree } from './tree.ts';

const README_PARTS = ['Example', 'Map', 'Limits', 'What it does not do'];
const CORE_FILES = 15;
const CORE_LINES = 1200;

/** The graph as ARCHITECTURE.md draws it: one `name → dependency, dependency` a line. */
function drawnGraph(tree: Tree): Map<string, string> {
  const drawn = /```graph\n([\s\S]*?)```/.exec(tree.get('ARCHITECTURE.md') ?? '')?.[1] ?? '';
  return new Map(
    drawn
      .trim()
      .split('\n')
      .map((line) => line.split('→').map((part) => part.trim()) as [string, string])
      .map(([name, needs]) => [
        name,
        (needs ?? '')
          .split(/,\s*/)
          .filter((need) => need !== '–')
          .sort()
          .join(', '),
      ]),
  );
}

function realGraph(tree: Tree): Map<string, string> {
  return new Map(
    packagesOf(tree).map((name) => {
      const { dependencies = {} } = JSON.parse(tree.get(`packages/${name}/package.json`) ?? '{}');
      const needs = Object.keys(dependencies).filter((need) => need.startsWith('@ferro/'));
      return [
        name,
        needs
          .map((need) => need.slice('@ferro/'.length))
          .sort()
          .join(', '),
      ];
    }),
  );
}

/** Fields of `limits`, with whether a comment stands right above each. */
function limitFields(text: string): { field: string; explained: boolean }[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const field = /^ {2}(?:readonly )?([a-zA-Z0-9]+)\??:/.exec(line)?.[1];
    return field === undefined ? [] : [{ field, explained: /\*\/\s*$|^\s*\/\//.test(lines[index - 1] ?? '') }];
  });
}

export const shapeRules: readonly Rule[] = [
  {
    name: 'the package graph is the one drawn',
    why: 'a new edge is a decision: draw it in ARCHITECTURE.md and say why in docs/adr',
    check: (tree) => {
      const drawn = drawnGraph(tree);
      const real = realGraph(tree);
      const names = new Set([...drawn.keys(), ...real.keys()]);
      return [...names]
        .filter((name) => drawn.get(name) !== real.get(name))
        .map((name) => `${name}: drawn (${drawn.get(name) ?? 'absent'}), real (${real.get(name) ?? 'absent'})`);
    },
    broken: { 'packages/bencode/package.json': '{"dependencies":{"@ferro/wire":"workspace:^"}}' },
  },
  {
    name: 'every package has limits with reasons',
    why: 'what has no limit will be used without one',
    check: (tree) =>
      packagesOf(tree).flatMap((name) => {
        const text = tree.get(`packages/${name}/src/limits.ts`);
        if (text === undefined) return [`packages/${name}/src/limits.ts is missing`];
        return limitFields(text)
          .filter(({ explained }) => !explained)
          .map(({ field }) => `packages/${name}/src/limits.ts: ${field} has no reason above it`);
      }),
    broken: { 'packages/core/src/limits.ts': 'export const limits = {\n  bare: 1,\n};\n' },
  },
  {
    name: 'every README has its five parts',
    why: 'what it is, one example, the map, the limits, what it does not do',
    check: (tree) =>
      packagesOf(tree).flatMap((name) => {
        const path = `packages/${name}/README.md`;
        const text = tree.get(path);
        if (text === undefined) return [`${path} is missing`];
        const missing = README_PARTS.filter((part) => !text.includes(`\n## ${part}\n`));
        const unlisted = limitFields(tree.get(`packages/${name}/src/limits.ts`) ?? '')
          .filter(({ field }) => !text.includes(`\`${field}\``))
          .map(({ field }) => `${path} does not list the limit ${field}`);
        return [...missing.map((part) => `${path} has no "## ${part}"`), ...unlisted];
      }),
    broken: { 'packages/core/README.md': '# @ferro/core\n' },
  },
  {
    name: 'the shared package stays small',
    why: `core is no drawer for everything: at most ${CORE_FILES} files and ${CORE_LINES} lines`,
    check: (tree) => {
      const files = sourcesOf(tree, 'core');
      const lines = files.reduce((sum, [, text]) => sum + text.split('\n').length - 1, 0);
      return files.length > CORE_FILES || lines > CORE_LINES ? [`core has ${files.length} files, ${lines} lines`] : [];
    },
    broken: { 'packages/core/src/drawer.ts': '// more\n'.repeat(CORE_LINES) },
  },
  {
    name: 'the lockfile names no host',
    why: 'it installs from whichever registry the reader uses',
    check: (tree) => places('pnpm-lock.yaml', tree.get('pnpm-lock.yaml') ?? 'missing://', /\w+:\/\/[^\s'"]*/),
    broken: { 'pnpm-lock.yaml': 'resolution: {tarball: https://registry.example/x.tgz}\n' },
  },
  {
    name: 'the project speaks of itself only',
    why: 'no path of a machine, no issue number, no place where somebody happened to work',
    check: (tree) =>
      [...tree]
        .filter(([path]) => !path.startsWith('tools/') && path !== 'pnpm-lock.yaml')
        .flatMap(([path, text]) =>
          places(
            path,
            text,
            /\/work\/|\/root\/|\/home\/\w|\.\.\/shared\b|registry\.npmjs|deb\.debian|\bissue #?\d+\b|#\d{1,3}\b(?=[ ),.])/i,
          ).map((place) => place),
        ),
    broken: { 'docs/note.md': 'see /work/main for issue 12\n' },
  },
];
