const blot = '[redacted]';

/** Fields that hold a credential, or what may hold one, whatever they are inside of. */
const secretField =
  /token|passw|secret|authorization|credential|cookie|api[-_]?key|private[-_]?key|^(?:auth|data|stringData|headers|config|request|response|body)$/i;
/** Fields that sound like it and are none. */
const harmless = /^(?:secretRef|secretName)$/;

/** Characters of one text that are looked at and logged. */
const longestText = 16_384;

/** What a credential looks like inside of text. Each is looked for in time that grows with the text, whatever it says. */
const secretsInText: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, blot],
  // The name and password of a URL; a password may itself have slashes and at signs.
  [/\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s"'<>]{0,2048}@/gi, `$1${blot}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${blot}`],
  [/\b((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)(["']?[ \t]{0,9}[:=])[^\r\n]+/gi, `$1$2${blot}`],
  [
    /(["'](?:[\w-]{0,64}(?:token|passw(?:or)?d|secret|api[-_]?key))["']\s{0,9}:\s{0,9})(?:"(?:[^"\\]|\\[^])*(?:"|$)|'(?:[^'\\]|\\[^])*(?:'|$))/gi,
    `$1"${blot}"`,
  ],
  [/\b([\w-]{0,64}(?:token|passw(?:or)?d|secret|api[-_]?key|signature|sig)=)[^&\s"',;]+/gi, `$1${blot}`],
];

const deepest = 8;
const longest = 100;

/** Text of limited length without what looks like a credential. */
export function scrubText(text: string): string {
  const start = text.length <= longestText ? text : `${text.slice(0, longestText)}…`;
  return secretsInText.reduce((clean, [secret, instead]) => clean.replace(secret, instead), start);
}

/**
 * A value as it may be logged: plain data, without credentials at whatever depth, errors by their type, code and the
 * first line of their message alone - those of HTTP libraries hold headers, bodies and queries.
 */
export function scrub(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case 'string':
      return scrubText(value);
    case 'bigint':
      return value.toString();
    case 'function':
    case 'symbol':
      return undefined;
    case 'object':
      return value === null ? null : scrubObject(value, depth);
    default:
      return value;
  }
}

function scrubObject(value: object, depth: number): unknown {
  if (value instanceof Error) return describeError(value);
  if (depth >= deepest) return '[deeper]';
  if (ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set) return blot;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, longest).map((item) => scrub(item, depth + 1));
  return scrubFields(value, depth);
}

function scrubFields(object: object, depth: number): Record<string, unknown> {
  const fields = Object.entries(object).map(([name, value]): [string, unknown] => {
    const hidden =
      secretField.test(name) && !harmless.test(name) && typeof value !== 'number' && typeof value !== 'boolean';
    return [name, hidden && value != null && !(value instanceof Error) ? blot : scrub(value, depth + 1)];
  });
  return Object.fromEntries(fields);
}

function describeError(error: Error): Record<string, unknown> {
  const code: unknown = 'code' in error ? error.code : undefined;
  const errorClass: unknown = 'errorClass' in error ? error.errorClass : undefined;
  return {
    type: error.name,
    message: firstLine(error.message),
    ...(typeof code === 'string' && code !== '' && { code }),
    ...(typeof errorClass === 'string' && { class: errorClass }),
  };
}

/** What is safe to say of an error: the first line, without what looks like a credential. */
export function firstLine(text: string): string {
  return scrubText(text).split('\n', 1)[0] ?? '';
}

/** The one thing of an unknown error that is safe to log. */
export function messageOf(error: unknown): string {
  return firstLine(error instanceof Error ? error.message : String(error));
}
