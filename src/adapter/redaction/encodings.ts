/** Too short to be recognised in text. */
const shortest = 4;

/** How a credential can stand in an answer; with the name before it, as Basic authentication has it. */
export function encodingsOf(value: string, username: string): readonly string[] {
  if (value.length < shortest) return [];
  const bytes = Buffer.from(value);
  const basic = Buffer.from(`${username}:${value}`).toString('base64');
  const forms = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
    value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;'),
    bytes.toString('hex'),
    basic,
    ...[0, 1, 2].map((before) => base64Within(bytes, before)),
  ];
  const forUrls = forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([...forms, ...forUrls])].filter(({ length }) => length >= shortest);
}

/** What base64 makes of it in the middle of other text, so many bytes after the beginning of a group of three. */
function base64Within(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const shared = (before + bytes.length) % 3 === 0 ? 0 : 1;
  return text.slice(before === 0 ? 0 : before + 1, text.length - shared);
}
