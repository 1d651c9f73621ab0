import type { Command } from 'commander';
import { printable } from '../../log/printable.ts';
import { exitCodes, type ExitCode, type Io } from '../io.ts';
import { expectedAfter, type Candidate } from './candidates.ts';
import { namesOf } from './names.ts';
import { scripts, type Shell } from './scripts.ts';

/** A completion does not wait longer for a cluster. */
const patienceMs = 2_000;

const noSpace = 2;
const noFiles = 4;

export function completion(shell: Shell, { out }: Pick<Io, 'out'>): ExitCode {
  out.write(scripts[shell]);
  return exitCodes.ok;
}

/**
 * Prints what may stand in place of the last word, for a shell; the lines are described beside the scripts that ask. What cannot
 * be read is left out: an error would disturb the command line.
 *
 * @param words after the name of the program
 * @param io as it is: the tabs between words and what they are must arrive
 */
export async function complete(program: Command, words: readonly string[], io: Io): Promise<ExitCode> {
  const expected = expectedAfter(program, words);
  const { typed, before, wanted } = expected;
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(patienceMs)]);
  const names = await namesOf(wanted, expected, { ...io, signal }).catch((): readonly Candidate[] => []);
  const all = [...expected.candidates, ...names].filter(({ word }) => word.startsWith(typed) && isWord(word));
  const fitting = [...new Map(all.map((one) => [one.word, one])).values()];
  for (const { word, about } of fitting)
    io.out.write(`${before}${word}${about === undefined ? '' : `\t${oneLine(about)}`}\n`);
  const goesOn = fitting.length > 0 && fitting.every(({ word }) => /[/:]$/.test(word));
  const wantsFiles = wanted === 'files' || wanted === 'worlds';
  io.out.write(`:${(goesOn ? noSpace : 0) + (wantsFiles ? 0 : noFiles)}\n`);
  return exitCodes.ok;
}

/** A name in a file may be anything; the shell takes lines apart at white space. */
function isWord(text: string): boolean {
  return !/\s/.test(text) && printable(text) === text;
}

function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' '));
}
