/** What all pages of the report share. Style and script are inside each page: it is read from a folder, without a network. */
import { readFileSync } from 'node:fs';
import { html, Markup } from './markup.ts';

const asset = (name: string) => new Markup(readFileSync(new URL(`../../../assets/${name}`, import.meta.url), 'utf8'));

export function page(title: string, body: Markup, script = false): string {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${asset('report.css')}</style>
</head>
<body>
${body}
${script ? html`<script>${asset('report.js')}</script>` : undefined}
</body>
</html>
`;
  return text;
}

/** The document that a section is about. */
export function specification(bep: string): string {
  const number = /^bep(\d+)$/.exec(bep)?.[1] ?? '9';
  return `https://www.bittorrent.org/beps/bep_${number.padStart(4, '0')}.html`;
}
