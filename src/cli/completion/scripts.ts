/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The script that a shell reads once: it asks redrain for words at each
 * completion. Words are never evaluated by the shell, and are quoted where it
 * would read them otherwise.
 */
export const scriptFor = (shell: Shell): string => SCRIPTS[shell];

const BASH = `# bash completion for redrain
_redrain() {
  local line paths=none cur="\${COMP_WORDS[COMP_CWORD]}" quoted
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :none | :files | :directories) paths="\${line#:}" ;;
      *=) compopt -o nospace; COMPREPLY+=("$line") ;;
      *) printf -v quoted %q "$line"; COMPREPLY+=("$quoted") ;;
    esac
  done < <(redrain __complete bash "\${COMP_LINE:0:COMP_POINT}" "$cur" 2>/dev/null)
  [[ $cur == [=:] ]] && cur=
  case "$paths" in
    files) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur") ;;
    directories) compopt -o filenames; while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -d -- "$cur") ;;
  esac
}
complete -F _redrain redrain
`;

const ZSH = `#compdef redrain
# zsh completion for redrain
_redrain() {
  local line paths=none word
  local -a described spaceless
  while IFS= read -r line; do
    case "$line" in
      :none|:files|:directories) paths="\${line#:}" ;;
      *=) spaceless+=("$line") ;;
      *)
        word="\${line%%$'\\t'*}"
        if [[ "$line" == *$'\\t'* ]]; then
          described+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
        else
          described+=("\${word//:/\\\\:}")
        fi ;;
    esac
  done < <(redrain __complete zsh "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( \${#described} )) && _describe -t words 'redrain' described
  (( \${#spaceless} )) && compadd -S '' -a spaceless
  [[ "$paths" != none && "$PREFIX" == --*=* ]] && compset -P '*='
  case "$paths" in
    files) _files ;;
    directories) _files -/ ;;
  esac
}
if [[ "\${funcstack[1]}" == _redrain ]]; then
  _redrain "$@"
else
  compdef _redrain redrain
fi
`;

const FISH = `# fish completion for redrain
function __redrain_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l current (commandline -ct)
    for line in (redrain __complete fish $words[2..-1] 2>/dev/null)
        switch $line
            case :none
            case :files
                __fish_complete_path (string replace -r '^--[^=]+=' '' -- $current)
            case :directories
                __fish_complete_directories (string replace -r '^--[^=]+=' '' -- $current)
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c redrain -f -a '(__redrain_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
