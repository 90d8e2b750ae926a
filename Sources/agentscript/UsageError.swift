import Jobs
import Runtime

/// A command line that cannot be followed. Ends the program with code 2, and one sentence on standard error.
enum UsageError: Error, Hashable {
  case unknownOption(String)
  case needsArgument(String)
  case emptyFileName
  /// A word that names a command of a later version.
  case notThereYet(command: String)

  /// The sentence, without the program's name and without a newline.
  var message: String {
    switch self {
    case .unknownOption(let option):
      "unrecognized option '\(TerminalText.line(option))'" + hint(for: option)
    case .needsArgument(let option):
      "'\(option)' needs argument"
        + (option == "-e" ? ": a chunk of Lua, as in -e 'print(1)'" : ": a module's name, as in -l json")
    case .emptyFileName:
      "the script's name is empty"
    case .notThereYet(let command):
      "the command '\(command)' is not there yet (to run a script of that name: agentscript ./\(command))"
    }
  }

  private func hint(for option: String) -> String {
    switch option {
    case "-h", "-help", "-?": return "; did you mean '--help'?"
    case "-V", "-version": return "; did you mean '--version' or '-v'?"
    default: break
    }
    let name = option.prefix { $0 != "=" }
    if CommandWord.runOptions.contains(String(name)) {
      return "; it belongs to 'run', as in: agentscript run \(name) … FILE"
    }
    let known = ["--help", "--version", "-e", "-i", "-l", "-v", "-E", "-W"] + CommandWord.runOptions
    if let near = NearMiss.best(for: String(name), among: known) { return "; did you mean '\(near)'?" }
    return "; 'agentscript --help' lists what there is"
  }
}
