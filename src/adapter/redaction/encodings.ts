/** Too short to be recognised in text. */
const shortest = 4;

type Encode = (text: string) => string;

/** How a program writes text into a URL, JSON or HTML: each differs in what it leaves as it is. */
const encoders: readonly Encode[] = [
  percent,
  (text) => percent(text).replace(/[!'()*]/g, (one) => `%${code(one)}`), // RFC 3986
  (text) => new URLSearchParams({ v: text }).toString().slice(2),
  json,
  (text) => json(text).replaceAll('/', '\\/'),
  ...[/[<>&]/g, /[<>&']/g, /[^ -~]/g].map((escaped) => (text: string) => json(text).replace(escaped, unicode)),
  ...[
    ['&quot;', "'"],
    ['&quot;', '&apos;'],
    ['&quot;', '&#39;'],
    ['&#34;', '&#39;'],
    ['&#x22;', '&#x27;'],
  ].map(
    ([quote = '', apostrophe = '']) =>
      (text: string) =>
        html(text, quote, apostrophe),
  ),
];

/** How a credential can stand in an answer; with the name before it, as Basic authentication has it. */
export function encodingsOf(value: string, username: string): readonly string[] {
  if (value.length < shortest) return [];
  const bytes = Buffer.from(value);
  const basic = Buffer.from(`${username}:${value}`).toString('base64');
  const base64 = [basic, ...[0, 1, 2].map((before) => base64Within(bytes, before))];
  const forms = [
    value,
    // A proxy may embed one answer in another.
    ...encoders.flatMap((encode) => [encode(value), encode(encode(value))]),
    bytes.toString('hex'),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')), // for URLs
  ];
  return [...new Set(forms)].filter(({ length }) => length >= shortest);
}

/** A device can say half a character in JSON, which no URL can. */
function percent(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
}

function json(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function html(text: string, quote: string, apostrophe: string): string {
  const tags = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return tags.replaceAll('"', quote).replaceAll("'", apostrophe);
}

function unicode(character: string): string {
  return `\\u${code(character).padStart(4, '0')}`;
}

function code(character: string): string {
  return character.charCodeAt(0).toString(16);
}

/** What base64 makes of it in the middle of other text, so many bytes after the beginning of a group of three. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
  return text.slice(before === 0 ? 0 : before + 1, text.length - shared);
}
