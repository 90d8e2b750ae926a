/// One command of a shell's line, as far as reading the line can tell.
struct ShellCommand: Hashable {
  /// The words without their quotes, with one space between them; without redirections.
  let text: String
  /// Other texts that a rule which forbids may mean: the program without its folder, what a program like `sudo` is told to run.
  let otherTexts: [String]
  /// True if it may run something that its words do not say: it has variables or patterns in it, or its program runs others.
  let isOpaque: Bool

  /// A command of these words, without the assignments before them.
  init(words: [ShellWord], hasAssignments: Bool) {
    let texts = words.map(\.text)
    text = texts.joined(separator: " ")
    let program = String(texts[0].split(separator: "/").last ?? "")
    var others: [String] = []
    if texts[0].utf8.contains(UInt8(ascii: "/")) {
      others.append(([program] + texts.dropFirst()).joined(separator: " "))
    }
    let runsOthers =
      ShellCommand.runners.contains(program)
      || (program == "find" && texts.contains { ["-exec", "-execdir", "-ok", "-okdir", "-delete"].contains($0) })
    if runsOthers {
      for start in 1..<max(1, min(texts.count, 12)) { others.append(texts[start...].joined(separator: " ")) }
    }
    otherTexts = others
    isOpaque =
      hasAssignments || runsOthers || words.contains(where: \.hasExpansion)
      || words.prefix(3).contains(where: \.hasPattern)
  }

  /// Programs whose business is to run what they are told.
  private static let runners: Set<String> = [
    "sh", "bash", "dash", "zsh", "ksh", "fish", "csh", "tcsh", "busybox", "eval", "source", ".", "exec", "command",
    "builtin", "env", "xargs", "sudo", "doas", "su", "nohup", "setsid", "timeout", "nice", "ionice", "chrt", "stdbuf",
    "watch", "parallel", "ssh", "python", "python3", "perl", "ruby", "node", "lua", "php", "awk", "gawk", "mawk",
    "trap",
    "alias", "chroot", "unshare", "nsenter", "strace", "script", "flock",
  ]
}

/// A word of a shell's line.
struct ShellWord: Hashable {
  /// Without its quotes.
  var text = ""
  /// True if the shell puts something into it: a variable, a command's output.
  var hasExpansion = false
  /// True if the shell may replace it by names of files.
  var hasPattern = false
  /// True if some of it was quoted.
  var isQuoted = false
}

/// A line for a shell, taken apart into its commands, those inside substitutions included.
///
/// Only what is understood for certain is taken apart: quotes, pipes, lists, subshells, substitutions, redirections. For
/// anything else (loops, here-documents, arithmetic, functions) there is no value: nobody can say what it runs without running it.
struct ShellLine {
  /// A file that the line writes into.
  struct Target: Hashable {
    let path: String
    /// False if the path may lead out of the folder, or is not known before it runs.
    let isKnown: Bool
  }

  let commands: [ShellCommand]
  let writes: [Target]

  /// Nil for what cannot be taken apart.
  init?(_ line: String) {
    guard line.utf8.count <= 64 << 10 else { return nil }
    var parser = ShellParser(Array(line.utf8))
    guard parser.list(until: nil, depth: 0) else { return nil }
    commands = parser.commands
    let movesAbout = commands.contains { command in
      command.isOpaque || ["cd", "pushd", "popd"].contains { command.text == $0 || command.text.hasPrefix($0 + " ") }
    }
    writes = parser.targets.map { word in
      Target(path: word.text, isKnown: !movesAbout && ShellLine.isPlain(word))
    }
  }

  /// True for a path below the folder that holds neither git's nor our own state.
  private static func isPlain(_ word: ShellWord) -> Bool {
    guard !word.hasExpansion, !word.hasPattern, let first = word.text.utf8.first, first != UInt8(ascii: "/"),
      first != UInt8(ascii: "~"), first != UInt8(ascii: "-")
    else { return false }
    return word.text.split(separator: "/").allSatisfy { ![".", "..", ".git", ".agentscript"].contains($0) }
  }
}
