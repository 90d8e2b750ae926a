extension RoleText {
  // MARK: Models

  mutating func models(_ front: FrontMatter, into role: inout AgentRole) {
    if let model = text("model", front) {
      // Claude Code writes a window's size behind its words: `sonnet[1m]`.
      let word = model.hasSuffix("]") ? String(model.prefix { $0 != "[" }) : model
      if word.isEmpty || word == "inherit" {
      } else if ModelWord.isTier(word) {
        role.tier = word
      } else {
        role.model = word
      }
    }
    if form == .agentscript, let tier = text("tier", front) {
      if ModelWord.isTier(tier) {
        role.tier = tier
      } else {
        note("there is no tier '\(PlainText.quotable(tier))': \(ModelWord.all)", line: front.line(of: "tier"))
      }
    }
    if form == .agentscript { role.fallbacks = words("fallbacks", front) ?? [] }
    role.effort = text(form == .opencode ? "reasoningEffort" : "effort", front)
    if let key = ["temperature", "top_p", "top_k"].first(where: { front[$0] != nil }) {
      note("'\(key)' is left out: sampling is for the script to set", line: front.line(of: key))
    }
  }

  /// The entries of a list, or of a text with commas.
  private mutating func words(_ key: String, _ front: FrontMatter) -> [String]? {
    switch front[key] {
    case nil: return nil
    case .text(let text, _)?:
      return text.split(separator: ",").map { String(PlainText.trimmed($0)) }.filter { !$0.isEmpty }
    case .list(let values)?: return values.compactMap(\.text)
    default:
      note("'\(key)' should be a list, and is left out", line: front.line(of: key))
      return nil
    }
  }

  // MARK: Tools

  mutating func tools(_ front: FrontMatter, into role: inout AgentRole) {
    switch front["tools"] {
    case nil: break
    case .map(let entries)?: switches(entries, into: &role)
    case let value?: allowed(value, line: front.line(of: "tools"), into: &role)
    }
    let denied = form == .claude ? "disallowedTools" : "disallowed_tools"
    if form != .opencode, let value = front[denied] {
      for entry in entries(value) { deny(entry, line: front.line(of: denied), into: &role) }
    }
    if form != .claude, let value = front["permission"] ?? front["permissions"] {
      let line = front.line(of: "permission") ?? front.line(of: "permissions")
      rules(value, line: line, into: &role)
    }
    for key in ["hooks", "skills", "mcpServers"] where form == .claude && front[key] != nil {
      note("'\(key)' is left out: this program has nothing like it for a role", line: front.line(of: key))
    }
  }

  private func entries(_ value: FrontValue) -> [ToolEntry] {
    switch value {
    case .text(let text, _): ToolEntry.list(text)
    case .list(let values): values.compactMap(\.text).map(ToolEntry.init).filter { !$0.name.isEmpty }
    case .map, .none: []
    }
  }

  private mutating func allowed(_ value: FrontValue, line: Int?, into role: inout AgentRole) {
    let entries = entries(value)
    if entries.contains(where: { $0.name == "*" && $0.pattern == nil }) { return }
    var names: [String] = []
    var limited: [String: [String]] = [:]
    var unlimited: Set<String> = []
    for entry in entries {
      guard let tool = tool(entry.name, line: line) else { continue }
      if !names.contains(tool) { names.append(tool) }
      if entry.patterns.isEmpty || entry.patterns == ["*"] {
        unlimited.insert(tool)
      } else {
        limited[tool, default: []] += entry.patterns
      }
    }
    // An empty list is kept: a role whose tools are all missing here must not get every tool instead.
    role.tools = names
    for tool in names where !unlimited.contains(tool) {
      guard let patterns = limited[tool] else { continue }
      role.permissions.append(PermissionRule(tool: tool, .deny))
      role.permissions += patterns.map { PermissionRule(tool: tool, pattern: $0, .allow) }
    }
  }

  private mutating func deny(_ entry: ToolEntry, line: Int?, into role: inout AgentRole) {
    let tools: [String]
    switch ToolNames.meaning(of: entry.name) {
    case .tool(let tool): tools = [tool]
    case .missing: return
    case .unknown(let name): tools = ToolNames.possible(name)
    }
    if entry.patterns.isEmpty {
      role.disallowedTools += tools
    } else {
      for tool in tools {
        role.permissions += entry.patterns.map { PermissionRule(tool: tool, pattern: $0, .deny) }
      }
    }
  }

  /// OpenCode's map of tools: all are on, but those that are switched off.
  private mutating func switches(_ entries: [FrontEntry], into role: inout AgentRole) {
    var isListed = false
    var on: [String] = []
    for entry in entries {
      let isOn = entry.value.text?.lowercased() == "true"
      if entry.key == "*" {
        isListed = !isOn
      } else if !isOn {
        deny(ToolEntry(entry.key), line: entry.line, into: &role)
      } else if let tool = tool(entry.key, line: entry.line) {
        on.append(tool)
      }
    }
    if isListed { role.tools = on }
  }

  /// Our name for a tool; nil where there is none, and that is told.
  private mutating func tool(_ name: String, line: Int?) -> String? {
    switch ToolNames.meaning(of: name) {
    case .tool(let tool): return tool
    case .missing:
      note("the tool '\(PlainText.quotable(name))' is left out: this program has none like it", line: line)
      return nil
    case .unknown(let name):
      note(
        "the tool '\(PlainText.quotable(name))' is none of this program's: it counts if a script offers it", line: line)
      return name
    }
  }

  // MARK: Permissions

  /// OpenCode's rules: a word for a tool, or a map from patterns to words.
  private mutating func rules(_ value: FrontValue, line: Int?, into role: inout AgentRole) {
    if case .text(let word, _) = value, let decision = decision(word, line: line) {
      role.permissions.append(PermissionRule(tool: "*", decision))
    }
    guard case .map(let entries) = value else { return }
    for entry in entries {
      let tools = ruled(entry.key)
      switch entry.value {
      case .text(let word, _):
        guard let decision = decision(word, line: entry.line) else { continue }
        role.permissions += tools.map { PermissionRule(tool: $0, decision) }
      case .map(let patterns):
        for pattern in patterns {
          guard let word = pattern.value.text, let decision = decision(word, line: pattern.line) else { continue }
          role.permissions += tools.map { PermissionRule(tool: $0, pattern: pattern.key, decision) }
        }
      case .none, .list: note("a rule should be allow, ask or deny, or a map of patterns", line: entry.line)
      }
    }
  }

  /// The tools that a rule is about. OpenCode's `edit` is all that changes files.
  private func ruled(_ key: String) -> [String] {
    if key == "*" { return ["*"] }
    switch ToolNames.meaning(of: key) {
    case .tool("edit"): return ["edit", "write"]
    case .tool(let tool): return [tool]
    case .missing: return []
    case .unknown(let name): return ToolNames.possible(name)
    }
  }

  private mutating func decision(_ word: String, line: Int?) -> PermissionVerdict? {
    if let decision = PermissionVerdict(rawValue: word) { return decision }
    // A rule that nobody can read must not open what it was to close.
    note("'\(PlainText.quotable(word))' is no rule (allow, ask, deny) and counts as deny", line: line)
    return .deny
  }

  // MARK: Places and limits

  mutating func places(_ front: FrontMatter, into role: inout AgentRole) {
    role.workdir = text("workdir", front)
    role.memory = text("memory", front)
  }

  mutating func limits(_ front: FrontMatter, into role: inout AgentRole) {
    let turnKeys = form == .claude ? ["maxTurns"] : form == .opencode ? ["steps", "maxSteps"] : ["max_turns"]
    if let key = turnKeys.first(where: { front[$0] != nil }), let text = text(key, front) {
      if let count = Int(text), count > 0 {
        role.maxTurns = min(count, 10_000)
      } else {
        note("'\(key)' should be a number above 0, and is left out", line: front.line(of: key))
      }
    }
    if form == .opencode {
      role.isSelectable = text("mode", front) != "primary" && boolean("hidden", front) != true
    }
    role.isSelectable = role.isSelectable && !role.description.isEmpty
    if form != .opencode { mode(front, into: &role) }
  }

  private mutating func mode(_ front: FrontMatter, into role: inout AgentRole) {
    let key = form == .claude ? "permissionMode" : "permission_mode"
    guard let word = text(key, front) else { return }
    guard let mode = RoleMode(word) else {
      note("there is no permission mode '\(PlainText.quotable(word))', and it is left out", line: front.line(of: key))
      return
    }
    if isProject, mode.isWide {
      note(
        "the permission mode '\(mode.word)' is left out: a project may only narrow what you allow",
        line: front.line(of: key))
      return
    }
    role.permissionMode = mode.word
  }
}

/// Permission modes by the words of both worlds.
struct RoleMode: Hashable {
  /// Our word.
  let word: String
  /// Whether it allows more than the usual one.
  var isWide: Bool { word == "acceptEdits" || word == "bypass" }

  init?(_ text: String) {
    switch text.lowercased().filter({ $0 != "_" && $0 != "-" }) {
    case "default": word = "default"
    case "acceptedits": word = "acceptEdits"
    case "plan": word = "plan"
    case "bypass", "bypasspermissions": word = "bypass"
    case "dontask": word = "dontAsk"
    default: return nil
    }
  }
}
