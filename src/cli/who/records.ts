import { readAddresses } from '../../audit/addresses/address-files.ts';
import { AssignmentIndex } from '../../core/addresses/assignment-index.ts';
import type { RecordSource } from '../../core/audit/record-source.ts';
import { addressHoldersAt, type WhoAnswer } from '../../inspect/who.ts';
import type { Io } from '../io.ts';

/** What the record of one cluster says. */
export interface AnswerOf {
  /** Undefined: there is only one. */
  readonly cluster: string | undefined;
  readonly found: WhoAnswer;
}

/** @param at milliseconds since the epoch; undefined: the last moment that each record knows */
export async function answersOnRecord(
  sources: readonly RecordSource[],
  address: string,
  at: number | undefined,
  now: number,
): Promise<readonly AnswerOf[]> {
  const answers: AnswerOf[] = [];
  for (const { cluster, directory } of sources) {
    const moment = at ?? (await readAddresses(directory, address)).record.to ?? now;
    answers.push({ cluster, found: await addressHoldersAt(directory, address, moment) });
  }
  return answers;
}

type Index = Pick<AssignmentIndex, 'holdersAt'>;

/** Every assignment on record; of several clusters, the holders in any of them. */
export async function indexOnRecord(sources: readonly RecordSource[], io: Io): Promise<Index> {
  const indexes: { readonly cluster: string | undefined; readonly index: AssignmentIndex }[] = [];
  for (const { cluster, directory } of sources) {
    const { record, faults } = await readAddresses(directory);
    for (const fault of faults) io.err.write(`warning: ${fault}: this line of the record cannot be read\n`);
    indexes.push({ cluster, index: new AssignmentIndex(record) });
  }
  const [only, ...more] = indexes;
  if (only?.cluster === undefined && only !== undefined && more.length === 0) return only.index;
  return {
    holdersAt: (address, at) => {
      const found = indexes.map(({ cluster, index }) => ({ cluster, ...index.holdersAt(address, at) }));
      const all = (kind: 'holders' | 'claimed') =>
        found.flatMap(({ cluster, [kind]: those }) =>
          those.map((one) => (cluster === undefined ? one : { ...one, cluster })),
        );
      return {
        holders: all('holders'),
        claimed: all('claimed'),
        doubts: found.flatMap(({ doubts }) => doubts),
      };
    },
  };
}
