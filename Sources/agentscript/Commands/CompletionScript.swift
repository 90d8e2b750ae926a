internal import ArgumentParser

/// What a shell needs to complete our command line: the parser's script knows commands and their options, this adds
/// that the first word may also be a script, and that what follows a script is the script's own.
enum CompletionScript {
  static func bash() -> String {
    let commands = RootCommand.completionScript(for: .bash)
    let start = "        COMPREPLY+=($(compgen -W '"
    return edited(commands, lineBeginning: start) { line in
      """
              if [[ "${COMP_CWORD}" -eq 1 ]]; then
          \(line)
                  while IFS= read -r; do COMPREPLY+=("${REPLY}"); done < \\
                      <(compgen -f -X '!*.lua' -- "${cur}"; compgen -d -- "${cur}")
              else
                  while IFS= read -r; do COMPREPLY+=("${REPLY}"); done < <(compgen -f -- "${cur}")
              fi
      """
    }
  }

  static func zsh() -> String {
    let commands = RootCommand.completionScript(for: .zsh)
    let scripts = edited(commands, lineBeginning: "        _describe -V subcommand subcommands") { line in
      line + "\n        _files -g '*.lua' && ret=0"
    }
    return edited(scripts, lineBeginning: "        case \"${words[1]}\" in") { line in
      let known = CommandWord.known.joined(separator: "|")
      return "        if [[ \"${words[1]}\" != (\(known)) ]]; then _files && ret=0; fi\n" + line
    }
  }

  static func fish() -> String {
    let known = CommandWord.known.joined(separator: " ")
    return RootCommand.completionScript(for: .fish)
      + "\ncomplete -c 'agentscript' -n 'not __fish_seen_subcommand_from \(known)' -F"
  }

  /// The script with its first line of that beginning replaced. A script without one is of a newer parser, and works
  /// for commands still.
  private static func edited(_ script: String, lineBeginning start: String, _ edit: (String) -> String) -> String {
    var lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let index = lines.firstIndex(where: { $0.hasPrefix(start) }) else { return script }
    lines[index] = edit(lines[index])
    return lines.joined(separator: "\n")
  }
}
