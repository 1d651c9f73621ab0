import { isIP } from 'node:net';
import { z } from 'zod';
import type { Simulator } from './simulator.ts';
import { faultsSchema } from './faults.ts';

const verdictQuery = z
  .object({
    src: z.string().refine((text) => isIP(text) !== 0, 'is not an address'),
    dst: z
      .string()
      .refine((text) => isIP(text) !== 0, 'is not an address')
      .optional(),
    host: z.string().min(1).optional(),
    port: z.coerce.number().int().min(0).max(65535).default(443),
    protocol: z
      .string()
      .transform((text) => text.toUpperCase())
      .pipe(z.enum(['TCP', 'UDP']))
      .default('TCP'),
  })
  .refine(({ dst, host }) => dst !== undefined || host !== undefined, {
    path: ['dst'],
    message: 'give dst, host or both',
  });

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Controlled = Pick<Simulator, 'verdict' | 'requests' | 'fault' | 'clearFaults' | 'reset'>;

/**
 * The endpoints beside the vendor's API, the same for every simulator:
 *
 *   GET    /_sim/verdict?src=&dst=&host=&port=&protocol=   {action, rule}
 *   GET    /_sim/requests                                  every request so far
 *   POST   /_sim/faults                                    one `Fault` or a list of them
 *   DELETE /_sim/faults                                    no more faults
 *   POST   /_sim/reset                                     as delivered
 */
export function answerControl(simulator: Controlled, method: string, path: string, body: string): ControlAnswer {
  const url = new URL(path, 'https://simulator');
  switch (`${method} ${url.pathname}`) {
    case 'GET /_sim/verdict': {
      const given = Object.fromEntries([...url.searchParams].filter(([, value]) => value !== ''));
      const flow = verdictQuery.safeParse(given);
      if (!flow.success) return refused(flow.error);
      const { dst, host, ...rest } = flow.data;
      const named = { ...rest, ...(dst === undefined ? {} : { dst }), ...(host === undefined ? {} : { host }) };
      return { status: 200, body: simulator.verdict(named) };
    }
    case 'GET /_sim/requests':
      return { status: 200, body: simulator.requests() };
    case 'POST /_sim/faults': {
      const faults = faultsSchema.safeParse(parsed(body));
      if (!faults.success) return refused(faults.error);
      for (const fault of faults.data) simulator.fault(withoutAbsent(fault));
      return { status: 201, body: { faults: faults.data.length } };
    }
    case 'DELETE /_sim/faults':
      simulator.clearFaults();
      return { status: 200, body: {} };
    case 'POST /_sim/reset':
      simulator.reset();
      return { status: 200, body: {} };
    default:
      return { status: 404, body: { error: `no such control: ${method} ${url.pathname}` } };
  }
}

function refused(error: z.ZodError): ControlAnswer {
  return { status: 400, body: { error: z.prettifyError(error) } };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

type Present<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutAbsent<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Present<T>;
}
