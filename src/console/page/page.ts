import { createHash } from 'node:crypto';
import type { Embedded } from '../views/shapes.ts';
import type { Assets } from './assets.ts';

const icon =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='#1f5f5b'/><path d='M9 26V14a7 7 0 0 1 14 0v12' fill='none' stroke='#fff' stroke-width='2.6' stroke-linecap='round'/><path d='M16 26v-8' stroke='#fff' stroke-width='2.6' stroke-linecap='round'/></svg>";
const iconUrl = `data:image/svg+xml,${encodeURIComponent(icon)}`;

/** Nothing is loaded from elsewhere, nothing is sent anywhere, and no script runs but the one that came with it. */
export const servedPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The page that a server sends; script and style are beside it. */
export function servedPage(): string {
  return `${head}
<link rel="stylesheet" href="console.css">
<script type="module" src="console.js"></script>
</head>
${body}
</html>
`;
}

/** The same in one file with its data, which needs no server. In pieces. */
export function* filePage({ script, style }: Assets, data: Embedded): Iterable<string> {
  const inline = script.replaceAll('</script', '<\\/script').trimEnd();
  const styles = style.trimEnd();
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(inline)}'`,
    `style-src '${hashOf(styles)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  yield `${head}
<meta http-equiv="Content-Security-Policy" content="${policy}">
<style>${styles}</style>
</head>
${body}
`;
  yield '<script type="application/json" id="postern-data">';
  yield dataText(data);
  yield '</script>\n';
  yield `<script type="module">${inline}</script>\n</html>\n`;
}

/** JSON that cannot end the element that it is in, nor begin another. */
function dataText(data: Embedded): string {
  return JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

const head = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Postern</title>
<link rel="icon" href="${iconUrl}">`;

const body = `<body>
<div id="app"><p class="boot">Reading…</p></div>
<noscript><p class="boot">This page needs JavaScript. <code>postern report -o html</code> writes one that does not.</p></noscript>
</body>`;
