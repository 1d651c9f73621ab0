import { UsageError } from '../core/model/usage-error.ts';

/** Where a server listens. */
export interface ListenAddress {
  /** A name or an address, without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

const form = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/;

/**
 * Reads `8080`, `127.0.0.1:8080`, `[::1]:8080`. A port alone is one of this machine only.
 *
 * @throws UsageError when it is none of these
 */
export function parseListenAddress(text: string, option = '--listen'): ListenAddress {
  const [whole, six, name, digits] = form.exec(text) ?? [];
  const port = Number(digits);
  if (whole === undefined || port > 65535) throw new UsageError(`${option} wants PORT or HOST:PORT, not "${text}"`);
  return { host: six ?? name ?? '127.0.0.1', port };
}

/** Only this machine can reach it. */
export function isLoopback({ host }: ListenAddress): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
