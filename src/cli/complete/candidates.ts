import type { Argument, Command, Option } from 'commander';

/** Something that may follow, and what it is. */
export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** What is meant where the program itself cannot list what may follow. */
export type Wanted =
  'files' | 'points' | 'contexts' | 'policies' | 'pods' | 'terms' | 'worlds' | 'simulators' | 'nothing';

export interface Expected {
  readonly candidates: readonly Candidate[];
  readonly wanted: Wanted;
  /** What has been typed of the word, and before it within the same word: `--point=`. */
  readonly typed: string;
  readonly before: string;
  /** The command, and the options that it has got so far, by attribute. */
  readonly command: string;
  readonly options: Readonly<Record<string, readonly string[]>>;
}

/**
 * What may stand in place of the last word. Nothing is read but the commands themselves.
 *
 * @param words after the name of the program; the last one is being typed, and may be empty
 */
export function expectedAfter(program: Command, words: readonly string[]): Expected {
  const [typedWord = '', ...earlier] = [...joined(words)].reverse();
  const { command, rest } = commandIn(program, earlier.reverse());
  const { options, args, open, isFilled } = readWords(command, rest);
  const common = { command: nameOf(command, program), options, before: '', typed: typedWord };
  const [flag, value] = splitAt(typedWord, '=');
  if (value !== undefined && flag.startsWith('--')) {
    const option = command.options.find(({ long }) => long === flag);
    return { ...common, ...valuesOf(option), typed: value, before: `${flag}=` };
  }
  if (open !== undefined && !(isFilled && typedWord.startsWith('-'))) return { ...common, ...valuesOf(open) };
  if (typedWord.startsWith('-')) return { ...common, candidates: flagsOf(command), wanted: 'nothing' };
  if (command.commands.length > 0) return { ...common, ...none, candidates: args === 0 ? commandsOf(command) : [] };
  const argument = command.registeredArguments[args] ?? command.registeredArguments.find(({ variadic }) => variadic);
  return { ...common, ...(argument === undefined ? none : argumentOf(argument, args)) };
}

const none = { candidates: [], wanted: 'nothing' } as const;

/** bash takes `--point=edge` for three words. */
function joined(words: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const word of words) {
    const last = found.at(-1) ?? '';
    if (word === '=' && last.startsWith('--')) found.splice(-1, 1, `${last}=`);
    else if (/^--[a-z-]+=$/.test(last)) found.splice(-1, 1, last + word);
    else found.push(word);
  }
  return found;
}

function commandIn(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  const at = words.findIndex((word) => !word.startsWith('-'));
  const child = program.commands.find((one) => one.name() === words[at]);
  if (at === -1 || child === undefined) return { command: program, rest: words };
  return commandIn(child, words.slice(at + 1));
}

function nameOf(command: Command, program: Command): string {
  const parent = command.parent;
  return parent === null || parent === program ? command.name() : `${nameOf(parent, program)} ${command.name()}`;
}

interface Typed {
  readonly options: Readonly<Record<string, readonly string[]>>;
  /** How many arguments there are already. */
  readonly args: number;
  /** The option whose value comes next. */
  readonly open: Option | undefined;
  /** It has one already, so that anything else may follow, too. */
  readonly isFilled: boolean;
}

function readWords(command: Command, words: readonly string[]): Typed {
  const options: Record<string, string[]> = {};
  let args = 0;
  let open: Option | undefined;
  let isFilled = false;
  for (const word of words) {
    const [flag, value] = splitAt(word, '=');
    const option = command.options.find(({ long, short }) => flag === long || word === short);
    if (option !== undefined && (open === undefined || isFilled)) {
      const values = (options[option.attributeName()] ??= []);
      if (value !== undefined) values.push(value);
      open = value === undefined && option.required ? option : undefined;
      isFilled = false;
    } else if (open !== undefined) {
      options[open.attributeName()]?.push(word);
      isFilled = true;
      if (!open.variadic) open = undefined;
    } else if (!word.startsWith('-')) args += 1;
  }
  return { options, args, open, isFilled };
}

function splitAt(text: string, sign: string): readonly [string, string?] {
  const at = text.indexOf(sign);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function valuesOf(option: Option | undefined): Pick<Expected, 'candidates' | 'wanted'> {
  if (option === undefined) return none;
  if (option.argChoices !== undefined)
    return { candidates: option.argChoices.map((word) => ({ word })), wanted: 'nothing' };
  if (option.long === '--point') return { candidates: [], wanted: 'points' };
  if (option.long === '--context') return { candidates: [], wanted: 'contexts' };
  return { candidates: [], wanted: /<[^>]*\b(file|dir|path)\b/.test(option.flags) ? 'files' : 'nothing' };
}

const meanings: Readonly<Record<string, Wanted>> = {
  point: 'points',
  policy: 'policies',
  term: 'terms',
  old: 'worlds',
  new: 'worlds',
  kind: 'simulators',
  directory: 'files',
};

function argumentOf(argument: Argument, position: number): Pick<Expected, 'candidates' | 'wanted'> {
  if (argument.argChoices !== undefined)
    return { candidates: argument.argChoices.map((word) => ({ word })), wanted: 'nothing' };
  // Of a flow the first word is the pod; its destinations cannot be listed.
  if (argument.name() === 'flow') return { candidates: [], wanted: position === 0 ? 'pods' : 'nothing' };
  return { candidates: [], wanted: meanings[argument.name()] ?? 'nothing' };
}

function commandsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => ({ word: one.name(), about: one.description() }));
}

function flagsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long === undefined ? [] : [{ word: long, about: description }]));
}
