/// Names of tools: those of other programs, and patterns over names.
public enum ToolNames {
  /// The tools of this program.
  public static let ours = ["read", "glob", "grep", "bash", "edit", "write", "web_fetch", "append_memory", "task"]

  /// What a foreign name stands for.
  enum Meaning: Hashable {
    /// This tool, or these of a server.
    case tool(String)
    /// A tool that other programs have, and this one has not.
    case missing
    /// Nobody's tool that we know of: it may be a function of the script.
    case unknown(String)
  }

  /// Both worlds' names in small letters, without `_` and `-`.
  private static let known: [String: String] = [
    "read": "read", "view": "read", "readfile": "read", "notebookread": "read",
    "glob": "glob", "ls": "glob", "list": "glob", "listfiles": "glob",
    "grep": "grep", "search": "grep",
    "bash": "bash", "shell": "bash", "execute": "bash",
    "edit": "edit", "multiedit": "edit", "patch": "edit", "applypatch": "edit", "update": "edit",
    "write": "write", "create": "write",
    "webfetch": "web_fetch", "fetch": "web_fetch",
    "appendmemory": "append_memory",
    "task": "task", "agent": "task",
  ]

  private static let missing: Set<String> = [
    "websearch", "todowrite", "todoread", "notebookedit", "bashoutput", "killshell", "killbash", "exitplanmode",
    "enterplanmode", "askuserquestion", "question", "skill", "slashcommand", "listmcpresourcestool",
    "readmcpresourcetool", "lsp", "codesearch", "taskoutput", "taskstop", "taskcreate", "taskupdate", "tasklist",
    "taskget", "sendmessage", "toolsearch", "externaldirectory", "doomloop",
  ]

  static func meaning(of name: String) -> Meaning {
    if name.hasPrefix("mcp__") {
      // A server alone stands for all of its tools.
      let parts = name.dropFirst(5).split(separator: "_", omittingEmptySubsequences: false)
      let hasTool = zip(parts, parts.dropFirst()).contains { $0.1.isEmpty }
      return .tool(hasTool || name.hasSuffix("*") ? name : name + "__*")
    }
    let key = String(name.lowercased().filter { $0 != "_" && $0 != "-" })
    if let tool = known[key] { return .tool(tool) }
    return missing.contains(key) ? .missing : .unknown(name)
  }

  /// The tools that an unknown name may mean where it is forbidden: itself, and as OpenCode has it the server's tool `server_tool`.
  static func possible(_ name: String) -> [String] {
    guard let gap = name.firstIndex(of: "_") else { return [name] }
    return [name, "mcp__\(name[..<gap])__\(name[name.index(after: gap)...])"]
  }

  /// Whether a name, or a pattern with `*`, means a tool.
  public static func matches(_ pattern: String, _ tool: String) -> Bool {
    Glob.matches(pattern, tool, knowsQuestionMark: false)
  }
}

/// An entry of a list of tools: `Read`, `Bash(git *)`.
struct ToolEntry: Hashable {
  var name: String
  /// What stands in parentheses.
  var pattern: String?

  init(_ text: String) {
    let text = PlainText.trimmed(text[...])
    if text.hasSuffix(")"), let open = text.firstIndex(of: "(") {
      name = String(PlainText.trimmed(text[..<open]))
      pattern = String(PlainText.trimmed(text[text.index(after: open)...].dropLast()))
    } else {
      name = String(text)
    }
  }

  /// The entries of a list with commas; commas in parentheses belong to their entry.
  static func list(_ text: String) -> [ToolEntry] {
    var entries: [ToolEntry] = []
    var piece = ""
    var open = 0
    for character in text {
      if character == "(" { open += 1 }
      if character == ")" { open -= 1 }
      if open <= 0, character == "," || character == "\n" {
        entries.append(ToolEntry(piece))
        piece = ""
      } else {
        piece.append(character)
      }
    }
    entries.append(ToolEntry(piece))
    return entries.filter { !$0.name.isEmpty }
  }

  /// The patterns for our rules. `git:*`, as Claude Code has it, is `git` alone or with arguments.
  var patterns: [String] {
    guard let pattern, !pattern.isEmpty else { return [] }
    guard pattern.hasSuffix(":*") else { return [pattern] }
    let stem = String(pattern.dropLast(2))
    return [stem, stem + " *"]
  }
}
