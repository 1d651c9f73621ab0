export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/*
 * What each shell has to be told. Every one of them asks the program itself with `__complete -- WORD...`, the last word being
 * the one that is typed, and is answered as programs with Cobra answer, which kubectl asks of its plug-ins, too: a line for each
 * word that may follow, with what it is after a tab, and last a line `:N`, of which bit 2 says that a space must not follow
 * and bit 4 that no file is meant.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `_postern() {
  local word rest directive=4
  COMPREPLY=()
  while IFS=$'\\t' read -r word rest; do
    case "$word" in
      :*) directive="\${word#:}" ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if (( directive & 2 )); then compopt -o nospace 2>/dev/null; fi
  if (( directive & 4 )); then compopt +o default 2>/dev/null; fi
}
complete -o default -F _postern postern kubectl-postern
`,
  zsh: `#compdef postern kubectl-postern
_postern() {
  local line word directive=4
  local -a candidates lines
  lines=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    word="\${line%%$'\\t'*}"
    case "$word" in
      :*) directive="\${word#:}" ;;
      '') ;;
      *)
        if [[ "$line" == *$'\\t'* ]]; then candidates+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
        else candidates+=("\${word//:/\\\\:}"); fi ;;
    esac
  done
  if (( directive & 2 )); then _describe postern candidates -S ''; else _describe postern candidates; fi
  if (( ! (directive & 4) )); then _files; fi
}
(( $+functions[compdef] )) || { autoload -U compinit && compinit }
compdef _postern postern kubectl-postern
`,
  fish: `function __postern_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    for line in ($typed[1] __complete -- $typed[2..-1] "$current" 2>/dev/null)
        if not string match -q ':*' -- $line
            echo $line
        else if test $line = ':0'
            __fish_complete_path $current
        end
    end
end
complete -c postern -f -a '(__postern_complete)'
complete -c kubectl-postern -f -a '(__postern_complete)'
`,
};
