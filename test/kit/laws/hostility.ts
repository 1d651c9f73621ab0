import { expect } from 'vitest';
import { AdapterError, asAdapterError } from '../../../src/adapter/errors.ts';
import type { Law } from '../law.ts';
import type { Rig } from '../rig.ts';
import { monday, tuesday } from './states.ts';

const always = { times: 1_000_000 } as const;
/** Enough for every part of a request in every form in which the simulator repeats it. */
const rounds = 8;
/** More than a status, a log line or a person has use for. */
const longestText = 2_100;

const deep = (sign: string): string => sign.repeat(30_000);
/** What a broken or hostile device may answer, whatever it is asked. */
const hostileAnswers: Readonly<Record<string, string>> = {
  'a version of 128 kB': JSON.stringify({ status: 'success', version: 'token-'.repeat(22_000), serial: 'x' }),
  'words of 128 kB': JSON.stringify({ status: 'error', error: -1, cli_error: 'another '.repeat(16_000) }),
  'a message of 128 kB': JSON.stringify({ code: 400, message: 'limit another '.repeat(9_000) }),
  'lists inside of lists': `{"status":"success","results":${deep('[')}${deep(']')}}`,
  'objects inside of objects': deep('{"results":'),
  'elements inside of elements': deep('<item>'),
  'an answer that breaks off': '{"status":"success","results":[{"name":"',
  'values of other types': '{"status":1,"results":7,"items":"x","version":[],"error":"a","kind":{},"token":[]}',
  nothing: '',
  null: 'null',
  'control characters': JSON.stringify({
    status: 'error',
    error: -1,
    message: '\u001b]0;x\u0007\u202e',
    version: '\u001b[2J',
  }),
};

export const hostility: readonly Law[] = [
  {
    name: 'tells nobody the credentials that a device or a proxy repeats',
    why: 'Whatever a session says goes into statuses, Redis, logs and reports, which many may read.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(monday);
      const forbidden = piecesOf(rig.harness.secret);
      for (const status of [502, 200]) {
        for (const after of [0, 3]) {
          for (let round = 0; round < rounds; round += 1) {
            if (round % 2 === 0) rig.crash();
            rig.simulator.fault({ kind: 'echo', status, after, ...always });
            const said = (await everythingSaid(rig)).toLowerCase();
            rig.simulator.clearFaults();
            expect(forbidden.filter((piece) => said.includes(piece))).toEqual([]);
          }
        }
      }
    },
  },
  {
    name: 'is told of a hostile answer in few and plain words',
    why: 'A worker serves many firewalls; one that answers nonsense must neither stop it nor get words into its terminal.',
    run: async (rig: Rig): Promise<void> => {
      await rig.settle(monday);
      for (const [what, body] of Object.entries(hostileAnswers)) {
        for (const status of [200, 500]) {
          for (const after of [0, 1]) {
            rig.crash();
            rig.simulator.fault({ kind: 'answer', body, status, after, ...always });
            const said = await everythingSaid(rig);
            rig.simulator.clearFaults();
            expect(
              textsIn(JSON.parse(said)).filter((text) => text.length > longestText),
              what,
            ).toEqual([]);
            expect(
              /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e]/.test(textsIn(JSON.parse(said)).join('')),
              what,
            ).toBe(false);
          }
        }
      }
      await rig.recover(monday);
    },
  },
];

/** Whatever can leave a session, as one text. */
async function everythingSaid(rig: Rig): Promise<string> {
  const result = await rig.sync(tuesday);
  const asked = await rig
    .connect()
    .then(async ({ session, context }) => [
      context.capabilities,
      await session.observe().catch(asAdapterError),
      await session.live().catch(asAdapterError),
      await session.evidence?.().catch(asAdapterError),
    ])
    .catch(asAdapterError);
  return JSON.stringify([result, asked], (_, value: unknown) =>
    value instanceof AdapterError ? [value.errorClass, value.message, value.details] : value,
  );
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, item]) => [name, ...textsIn(item)]);
}

/** Pieces of each credential that must not appear anywhere, in the encodings in which they travel, in lower case. */
function piecesOf(secret: Readonly<Record<string, string>>): readonly string[] {
  const values = Object.entries(secret).flatMap(([key, value]) =>
    ['username', 'ca.crt'].includes(key) ? [] : [value],
  );
  const forms = values.flatMap((value) => [
    value,
    encodeURIComponent(value),
    Buffer.from(value).toString('hex'),
    Buffer.from(value).toString('base64').slice(0, -3),
    Buffer.from(`x${value}`).toString('base64').slice(2, -3),
  ]);
  return forms.flatMap((form) => {
    const length = Math.min(form.length, 12);
    return Array.from({ length: form.length - length + 1 }, (_, at) => form.slice(at, at + length).toLowerCase());
  });
}
