import type { Command, Option } from 'commander';
import { exitCodes, type ExitCode, type Io } from './io.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;

/** Prints what a shell has to know to complete commands, their options, and the choices of these. */
export function completion(program: Command, shell: (typeof shells)[number], { out }: Pick<Io, 'out'>): ExitCode {
  const zsh = 'autoload -U +X bashcompinit && bashcompinit\n';
  const scripts = { bash: () => bash(program), zsh: () => zsh + bash(program), fish: () => fish(program) };
  out.write(scripts[shell]());
  return exitCodes.ok;
}

function bash(program: Command): string {
  const names = program.commands.map((command) => command.name());
  const options = program.commands.map((command) => `    ${command.name()}) words='${flagsOf(command).join(' ')}' ;;`);
  const choices = program.commands.flatMap((command) =>
    command.options.flatMap((option) =>
      option.argChoices === undefined
        ? []
        : [
            `    ${flags(option)
              .map((flag) => `'${command.name()} ${flag}'`)
              .join('|')}) words='${option.argChoices.join(' ')}' ;;`,
          ],
    ),
  );
  return `_postern() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" words=''
  case "$command" in
${options.join('\n')}
  esac
  case "$command \${COMP_WORDS[COMP_CWORD-1]}" in
${choices.join('\n')}
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words='${names.join(' ')}'; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _postern postern kubectl-postern
`;
}

function fish(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const name = command.name();
    const options = command.options.map((option) => {
      const short = option.short === undefined ? '' : ` -s ${option.short.slice(1)}`;
      const choices = option.argChoices === undefined ? '' : ` -xa ${quoted(option.argChoices.join(' '))}`;
      const long = option.long === undefined ? '' : ` -l ${option.long.slice(2)}`;
      return `complete -c postern -n '__fish_seen_subcommand_from ${name}'${long}${short}${choices} -d ${quoted(option.description)}`;
    });
    return [`complete -c postern -n __fish_use_subcommand -fa ${name} -d ${quoted(command.description())}`, ...options];
  });
  return `${lines.join('\n')}\n`;
}

function flagsOf(command: Command): readonly string[] {
  return [...command.commands.map((one) => one.name()), ...command.options.flatMap(({ long }) => long ?? []), '--help'];
}

function flags({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

/** As one word of fish, in which nothing is expanded. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
