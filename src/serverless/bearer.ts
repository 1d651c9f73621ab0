import { createHash, timingSafeEqual } from 'node:crypto';

/** Does the header show this token? Takes the same time whatever is shown. */
export function showsToken(authorization: string | undefined, token: string): boolean {
  const [, shown = ''] = /^Bearer ([^\s]+)$/i.exec(authorization ?? '') ?? [];
  return timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
