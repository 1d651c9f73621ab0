import type { Outcome } from '../../adapter/adapter.ts';
import { AdapterError } from '../../adapter/errors.ts';
import type { EnforcementPoint } from '../../api/kinds.ts';
import type { Auditor } from '../../audit/auditor.ts';
import type { AuditChoice } from '../../compose/audit.ts';
import type { RedisChoice } from '../../compose/redis-choice.ts';
import { counted } from '../../core/text/wording.ts';
import { readIntent, type IntentOptions } from '../../inspect/intent.ts';
import { pointNamed } from '../../inspect/points.ts';
import { handedDevice, type HandedDevice } from '../../inspect/take-over.ts';
import { handover, reasonToStay, type Handover } from '../../verify/perimeter/handover.ts';
import type { Sessions } from '../../worker/sessions/sessions.ts';
import { writeData } from '../data.ts';
import { exitCodes, painter, writeProblems, type ExitCode, type Io } from '../io.ts';
import { audited } from './audited.ts';
import { withLeases, type Leased } from './leased.ts';

export interface TakeOptions extends IntentOptions, AuditChoice, RedisChoice {
  readonly point: string;
  /** Do it; without, only show what would be done. */
  readonly yes?: true;
  readonly output: 'yaml' | 'json';
}

/** Switches off those rules of others on a firewall of which ours do all the work, one after the other. */
export async function takeOver(options: TakeOptions, io: Io): Promise<ExitCode> {
  const intent = await readIntent(options, io);
  writeProblems(intent.problems, io);
  const point = pointNamed(intent, options.point);
  const occasion = (auditor: Auditor): void => auditor.adoption(point);
  return audited({ intent, point, options, io, occasion }, async (sessions) => {
    const look = async (): Promise<HandedDevice> => {
      const now = await readIntent(options, io);
      const pointNow = pointNamed(now, options.point);
      return handedDevice(pointNow, now, sessions, io.clock.now());
    };
    const planned = handover(await patiently(io, look));
    const done: Done =
      options.yes && planned.take.length > 0
        ? await withLeases(options.point, { choice: options, io }, (leased) =>
            switchOff(planned, { point, look, sessions, leased, io }),
          )
        : { ...planned, taken: [] };
    write({ ...planned, ...done }, options, io);
    if (!options.yes && planned.take.length > 0) return exitCodes.pending;
    return done.stay.length > 0 || done.error !== undefined ? exitCodes.error : exitCodes.ok;
  });
}

const attempts = 3;
const betweenAttemptsMs = 2_000;

/** A worker may be at work on the device: what is not as intended now may be in a moment. */
async function patiently<T>({ clock, signal }: Io, look: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await look();
    } catch (error) {
      const passes = error instanceof AdapterError && ['conflict', 'transient', 'busy'].includes(error.errorClass);
      if (!passes || attempt === attempts) throw error;
      await clock.sleep(betweenAttemptsMs, signal);
    }
  }
}

interface Means {
  readonly point: EnforcementPoint;
  readonly look: () => Promise<HandedDevice>;
  readonly sessions: Sessions;
  readonly leased: Leased;
  readonly io: Io;
}

interface Done {
  readonly taken: readonly string[];
  readonly stay: Handover['stay'];
  /** Why it went no further; what was switched off until then stays so. */
  readonly error?: string;
}

async function switchOff(planned: Handover, means: Means): Promise<Done> {
  const taken: string[] = [];
  const stay = [...planned.stay];
  try {
    for (const name of planned.take) {
      const reason = await switchOffOne(name, means);
      if (reason === undefined) taken.push(name);
      else stay.push({ rule: name, reason });
    }
    const { table } = await patiently(means.io, means.look);
    const left = taken.filter((name) => table.rules.some((rule) => rule.foreign === true && rule.name === name));
    if (left.length > 0) throw new AdapterError('conflict', `The device still asks ${left.join(', ')}: look at it.`);
    return { taken, stay };
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error;
    return { taken, stay, error: error.message };
  }
}

/** After another look at cluster and device: ours may have changed, and others may have changed theirs. */
async function switchOffOne(name: string, { point, look, sessions, leased, io }: Means): Promise<string | undefined> {
  // Between two looks a worker has its turn: it may be what brings ours up to date.
  const { stays, outcome } = await patiently(io, () =>
    leased(async ({ confirm, signal }): Promise<Tried> => {
      const device = await look();
      const rule = device.rule(name);
      if (rule === undefined) return { stays: 'it no longer exists' };
      const stays = reasonToStay(device.table, name, device.spare);
      if (stays !== undefined) return { stays };
      const { session } = await sessions.open(point);
      await confirm();
      return { outcome: await session.retire?.(device.retire(rule), signal) };
    }),
  );
  if (outcome?.result === 'error') throw outcome.error;
  return stays;
}

interface Tried {
  /** Why it stays. */
  readonly stays?: string;
  readonly outcome?: Outcome | undefined;
}

function write({ take, taken, stay, error }: Handover & Done, { yes, output, point }: TakeOptions, io: Io): void {
  if (output === 'json') {
    writeData({ point, take, taken, stay, ...(error !== undefined && { error }) }, 'json', io);
    return;
  }
  const paint = painter(io.out, io.environment);
  const rules = counted(taken.length, 'rule');
  const end =
    error !== undefined
      ? `${paint('stopped', 'bad')}: ${error} What was switched off stays so: run this again to go on.`
      : yes && taken.length > 0
        ? `Done, and read back: ${rules} switched off, none deleted.`
        : !yes && take.length > 0
          ? 'Dry run: nothing was changed. Add --yes to switch them off, in this order.'
          : undefined;
  const lines = [
    ...(yes ? taken : take).map((name) => `${paint(yes ? 'switched off' : 'not needed', 'good')} ${name}`),
    ...stay.map(({ rule, reason }) => `${paint('stays', 'warn')} ${rule}: ${reason}`),
    ...(take.length + stay.length === 0 ? ['No rule of others there is about pods of this cluster.'] : []),
    ...(end === undefined ? [] : [end]),
  ];
  io.out.write(`${lines.join('\n')}\n`);
}
