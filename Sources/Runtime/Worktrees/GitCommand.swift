/// One call of git.
struct GitCommand: Sendable {
  /// The subcommand and its arguments.
  var words: [String]
  /// Where it runs.
  var folder: String
  /// The git folder and the work tree, for a worktree whose own link to them may be damaged.
  var repository: (administration: String, workTree: String)?
  /// What it reads from standard input; nil is nothing.
  var input: [UInt8]?
  /// Where its output goes; nil keeps it in memory.
  var output: Int32?
  /// Whether it goes on when this program is killed. For what must not stop halfway.
  var isSpared = false
  /// How long it may take.
  var timeLimit = Duration.seconds(600)

  /// `git` with these words, in a folder.
  init(_ words: [String], in folder: String) {
    self.words = words
    self.folder = folder
  }

  /// What every call is told: nothing of the user's runs, asks or waits, and nothing is left running in the background.
  private static let settings = [
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.quotePath=false", "core.safecrlf=false", "gc.auto=0",
    "maintenance.auto=false", "submodule.recurse=false", "advice.addEmbeddedRepo=false", "advice.detachedHead=false",
    "merge.autoStash=false", "rerere.enabled=false",
  ]

  /// All words behind the program's name.
  var arguments: [String] {
    var all = ["--no-pager"]
    if let repository {
      all += ["--git-dir=\(repository.administration)", "--work-tree=\(repository.workTree)"]
    }
    return all + GitCommand.settings.flatMap { ["-c", $0] } + words
  }

  /// Who the commits are by.
  private static let identity = [
    "GIT_AUTHOR_NAME": "agentscript", "GIT_AUTHOR_EMAIL": "agentscript@localhost", "GIT_COMMITTER_NAME": "agentscript",
    "GIT_COMMITTER_EMAIL": "agentscript@localhost",
  ]

  /// What else it finds in its environment.
  static let environment: [String: String?] = {
    var changes: [String: String?] = [
      "LC_ALL": "C", "LANGUAGE": nil, "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": ":", "GIT_PAGER": "cat",
      "GIT_SEQUENCE_EDITOR": ":", "GIT_MERGE_AUTOEDIT": "no", "GIT_ASKPASS": nil, "SSH_ASKPASS": nil,
      "SSH_ASKPASS_REQUIRE": "never", "GIT_TRACE": nil, "GIT_EXTERNAL_DIFF": nil, "GIT_DIFF_OPTS": nil,
      "GIT_AUTHOR_DATE": nil, "GIT_COMMITTER_DATE": nil, "GIT_LITERAL_PATHSPECS": nil, "GIT_GLOB_PATHSPECS": nil,
      "GIT_NOGLOB_PATHSPECS": nil, "GIT_ICASE_PATHSPECS": nil, "GIT_REFLOG_ACTION": "agentscript",
    ]
    for name in localVariables { changes[name] = .some(nil) }
    for (name, value) in identity { changes[name] = value }
    return changes
  }()

  /// The variables by which git is told which repository it is in (`git rev-parse --local-env-vars`). In a hook, say, they
  /// name the user's: a program in a worktree of its own must not get them.
  static let localVariables = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR",
    "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_CEILING_DIRECTORIES",
  ]
}

/// What a call of git came to.
struct GitOutcome: Sendable {
  /// What it passed to `exit`; 128 and the signal for one that was killed.
  var code: Int
  var output: [UInt8]
  /// What it said on standard error.
  var talk: String

  var succeeded: Bool { code == 0 }

  /// The output without its line's end.
  var line: String { String(decoding: output.last == 0x0A ? output.dropLast() : output[...], as: UTF8.self) }
}

/// Why git could not do what it was to do: one sentence.
struct GitFault: Error, Sendable, Hashable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// For a call that failed.
  init(_ words: [String], _ outcome: GitOutcome) {
    let verb = words.prefix { !$0.hasPrefix("-") }.prefix(2).joined(separator: " ")
    description = "git \(verb): \(GitTalk.complaint(in: outcome.talk) ?? "it ended with the status \(outcome.code)")"
  }
}
