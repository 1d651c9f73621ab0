import { expect, it } from 'vitest';
import { KnownCredentials } from './known-credentials.ts';

/** Nothing between two characters that some encoding changes is long enough to be found by itself. */
const password = `a&b<c>d'e"f/g+h!i*j(k)l m%n\\o`;

const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
const escaped = (text: string, characters: RegExp): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(characters, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const entities = (text: string, quote: string, apostrophe: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', quote)
    .replaceAll("'", apostrophe);

it.each([
  ['as it is', password],
  ['in a URL, as browsers encode it', encodeURIComponent(password)],
  ['in a URL, as RFC 3986 has it', percent(password)],
  ['in a URL in lower case', percent(password).toLowerCase()],
  ['in a URL within a URL', encodeURIComponent(percent(password))],
  ['in a form', new URLSearchParams({ v: password }).toString().slice(2)],
  ['in JSON', JSON.stringify(password)],
  ['in JSON with slashes escaped', JSON.stringify(password).replaceAll('/', '\\/')],
  ['in JSON that is safe in HTML', escaped(password, /[<>&]/g)],
  ['in JSON that is safe in attributes', escaped(password, /[<>&']/g)],
  ['in JSON within JSON', JSON.stringify(JSON.stringify(password))],
  ['in HTML', entities(password, '&quot;', "'")],
  ['in HTML with numbers', entities(password, '&#34;', '&#39;')],
  ['in HTML with hexadecimal numbers', entities(password, '&#x22;', '&#x27;')],
  ['in XML', entities(password, '&quot;', '&apos;')],
  ['in base64', Buffer.from(`admin:${password}`).toString('base64')],
  ['in hexadecimal', Buffer.from(password).toString('hex').toUpperCase()],
])('a credential that is repeated %s is taken out', (_, repeated) => {
  const credentials = new KnownCredentials({ username: 'admin', password });
  const told = credentials.hide(`it said: <${repeated}>`);
  expect(told.replaceAll('[redacted]', '').length).toBeLessThan('it said: <>'.length + 8);
});

it.each(['correct-horse-battery', 'correct_horse_battery'])('leaves %s, which no encoding makes of them', (name) => {
  const credentials = new KnownCredentials({ password: 'correct horse battery', token: 'correct/horse/battery' });
  expect(credentials.hideInObject(name)).toBe(name);
});

it('knows a token with half a character in it', () => {
  const credentials = new KnownCredentials({});
  credentials.add('begin-\ud800-end');
  expect(credentials.hide('is %EF%BF%BD: begin-%EF%BF%BD-end or begin-\ud800-end')).toBe(
    'is %EF%BF%BD: [redacted] or [redacted]',
  );
});
