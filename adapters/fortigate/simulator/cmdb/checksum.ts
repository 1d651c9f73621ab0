import { createHash } from 'node:crypto';

/** As the device tells whether something has changed: opaque to clients. */
export function checksum(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
