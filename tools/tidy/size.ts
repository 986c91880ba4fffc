/** Rules of size and naming: a file is read at one sitting, a function on one screen, and its name says what is in it. */
import { parseAst } from 'vite';
import type { Rule, Tree } from './tree.ts';

const FILE_LINES = 400;
const TEST_LINES = 600;
const FUNCTION_LINES = 60;

function typescript(tree: Tree): readonly (readonly [string, string])[] {
  return [...tree].filter(([path]) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
}

const isTest = (path: string) => /\.(test|contract|prop|sim|pair)\.ts$|\/test\//.test(path);

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

function* functionsIn(node: unknown): Generator<Node> {
  if (Array.isArray(node)) {
    for (const child of node) yield* functionsIn(child);
  } else if (node !== null && typeof node === 'object') {
    const typed = node as Node;
    if (FUNCTIONS.has(typed.type)) yield typed;
    for (const [key, child] of Object.entries(typed)) if (key !== 'parent') yield* functionsIn(child);
  }
}

export const sizeRules: readonly Rule[] = [
  {
    name: 'files are short',
    why: `a file of more than ${FILE_LINES} lines (${TEST_LINES} in tests) is two files`,
    check: (tree) =>
      typescript(tree).flatMap(([path, text]) => {
        const lines = text.split('\n').length - 1;
        return lines > (isTest(path) ? TEST_LINES : FILE_LINES) ? [`${path} has ${lines} lines`] : [];
      }),
    broken: { 'packages/core/src/long.ts': '// a line\n'.repeat(FILE_LINES + 1) },
  },
  {
    name: 'functions fit on a screen',
    why: `a function of more than ${FUNCTION_LINES} lines does more than one thing (closures that only hold others may be longer)`,
    check: (tree) =>
      typescript(tree)
        .filter(([path]) => /^packages\/[^/]+\/src\//.test(path))
        .flatMap(([path, text]) => {
          const program = parseAst(text, { lang: 'ts' });
          return [...functionsIn(program)]
            .filter((found) => ownLines(found, text) > FUNCTION_LINES)
            .map(
              (found) => `${path}:${text.slice(0, found.start).split('\n').length} is ${ownLines(found, text)} lines`,
            );
        }),
    broken: { 'packages/core/src/tall.ts': `export function tall(): void {\n${'  void 0;\n'.repeat(61)}}\n` },
  },
  {
    name: 'names say what things are',
    why: 'a file called utils is where things get lost',
    check: (tree) =>
      [...tree.keys()].filter((path) => /\/(utils?|helpers?|common|types|misc|shared|stuff)(\/|\.[a-z]+$)/i.test(path)),
    broken: { 'packages/core/src/utils.ts': '' },
  },
  {
    name: 'one kind of file a name',
    why: 'file names are lower-case words joined by hyphens, so that they are guessed right',
    check: (tree) =>
      [...tree.keys()].filter((path) => /^packages\/[^/]+\/(src|test)\//.test(path) && !/^[a-z0-9./-]+$/.test(path)),
    broken: { 'packages/core/src/FooBar.ts': '' },
  },
  {
    name: 'tests can fail',
    why: 'nothing is left out silently: a skip is a condition with its reason in the title',
    check: (tree) =>
      typescript(tree)
        .filter(([path]) => isTest(path) && !path.startsWith('tools/'))
        .flatMap(([path, text]) =>
          text.split('\n').flatMap((line, index) => {
            // A pause of a few milliseconds between two looks at another program is not a sleep.
            const bad = /\b(test|it|describe)\.(skip|only|todo|fails)\(|\bsetTimeout\(\s*\w+, *\d{3,}/.exec(line);
            return bad === null ? [] : [`${path}:${index + 1} ${bad[0]}`];
          }),
        ),
    broken: { 'packages/core/test/lazy.test.ts': "test.skip('later', () => {});\n" },
  },
];

/** Lines of a function without those of the functions inside it. */
function ownLines(found: Node, text: string): number {
  const count = (node: Node) => text.slice(node.start, node.end).split('\n').length;
  const body = found['body'] as Node;
  let lines = count(found);
  let covered = -1;
  for (const inner of functionsIn(body)) {
    if (inner.start < covered) continue;
    covered = inner.end;
    lines -= count(inner) - 1;
  }
  return lines;
}
