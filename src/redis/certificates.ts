import { createSecureContext, type ConnectionOptions, type SecureContext } from 'node:tls';
import type { Certificates, RedisConfig } from './config.ts';

/** How the client library verifies and is verified, with the certificates as they are each time it connects. */
export function tlsOptions({ servername, ...given }: NonNullable<RedisConfig['tls']>): ConnectionOptions {
  const { renewed = () => given } = given;
  let last = contextOf(given);
  return {
    ...(servername !== undefined && { servername }),
    get secureContext(): SecureContext {
      try {
        last = contextOf(renewed());
      } catch {
        // While files are being replaced, one may be missing, or a certificate not belong to its key.
      }
      return last;
    },
  };
}

/** @throws when they cannot be used */
export function contextOf({ ca, cert, key }: Certificates): SecureContext {
  return createSecureContext({ ca, cert, key });
}
