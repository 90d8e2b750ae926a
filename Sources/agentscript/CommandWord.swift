/// The words that, standing first on the command line, name a command and not a script.
///
/// A script of such a name is run by a path with a slash or by its `.lua` ending, which no word here has.
enum CommandWord {
  /// The commands of this version and their aliases.
  static let known = [
    "run", "jobs", "ls", "show", "logs", "results", "wait", "kill", "rm", "prune", "completions", "doctor", "help",
    "spawn", "launch", "bg-spawn", "decisions", "answer", "costs", "route",
    "bg-jobs", "bg-results", "bg-kill", "config", "trust", "agents",
  ]

  /// Commands that a later version brings. They are refused, so that no script comes to depend on their names.
  static let later = [
    "resume", "runs", "top", "graph", "report", "serve", "mcp", "init",
  ]

  /// The options that belong to `run`, for the hint when somebody gives them to the interpreter.
  static let runOptions = [
    "--max-concurrency", "--timeout", "--json", "--quiet", "--memory-limit", "--instruction-limit", "--var",
    "--max-load", "--sandbox", "--min-free-memory", "--min-free-disk", "--detach", "--park",
    "--budget", "--dry-run",
  ]

  /// What the first argument asks for.
  enum Meaning: Hashable {
    /// Options and scripts, as `lua` has them.
    case interpreter
    /// A command, or an option that the commands' parser answers (`--help`, `--version`).
    case command
    case later
  }

  /// Decides by the first argument alone; nothing is looked up.
  static func meaning(of argument: String?) -> Meaning {
    guard let argument else { return .interpreter }
    switch argument {
    case "--help", "--version": return .command
    // The second is what the generated completion scripts ask for the values of an argument.
    case _ where argument.hasPrefix("--generate-completion-script"), "---completion": return .command
    case _ where known.contains(argument): return .command
    case _ where later.contains(argument): return .later
    default: return .interpreter
    }
  }
}
