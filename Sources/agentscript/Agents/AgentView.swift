import Agents
import WireText

/// A role as people and programs see it.
struct AgentView {
  let role: AgentRole

  /// Which model it asks, in a word.
  var model: String { role.model ?? role.tier ?? "-" }

  /// Which tools it has, in a line.
  var tools: String {
    let denied = role.disallowedTools.isEmpty ? "" : " but " + role.disallowedTools.joined(separator: ", ")
    guard let tools = role.tools else { return "all" + denied }
    return (tools.isEmpty ? "none" : tools.joined(separator: ", ")) + denied
  }

  /// The roles as a table.
  static func table(_ roles: [AgentRole], columns: Int?, palette: Palette) -> [String] {
    var table = TextTable(headings: ["NAME", "SOURCE", "MODEL", "TOOLS", "DESCRIPTION"])
    for role in roles {
      let view = AgentView(role: role)
      let cells = [role.name, role.source.word, view.model, view.tools, role.description]
      table.add(cells.map { TextTable.Cell(text: TerminalText.line($0)) })
    }
    return table.lines(columns: columns, palette: palette)
  }

  /// All of it, in lines; the system prompt last.
  var text: String {
    var rows: [(String, String)] = [
      ("name", role.name), ("source", role.source.path ?? role.source.word), ("model", model),
    ]
    func add(_ key: String, _ value: String?) { if let value, !value.isEmpty { rows.append((key, value)) } }
    add("fallbacks", role.fallbacks.joined(separator: ", "))
    add("effort", role.effort)
    add("tools", tools)
    let rules = role.permissions.map { "\($0.tool) \($0.pattern ?? "*"): \($0.verdict.rawValue)" }
    add("rules", rules.joined(separator: "; "))
    add("mode", role.permissionMode)
    add("turns", role.maxTurns.map(String.init))
    add("workdir", role.workdir)
    add("memory", role.memory)
    if !role.isSelectable { add("selector", "never chosen, has to be named") }
    let head = rows.map { key, value in
      key + String(repeating: " ", count: 11 - key.utf8.count) + TerminalText.line(value) + "\n"
    }
    let blocks = [role.description, role.system].filter { !$0.isEmpty }.map { "\n" + TerminalText.block($0) + "\n" }
    return (head + blocks).joined()
  }

  /// The same as JSON; the system prompt only if it is wanted.
  func json(withPrompt: Bool) -> String {
    func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
    var object: JSONObject = [
      "name": .string(role.name), "description": .string(role.description), "source": .string(role.source.word),
      "path": optional(role.source.path), "model": optional(role.model), "tier": optional(role.tier),
      "fallbacks": list(role.fallbacks), "tools": role.tools.map(list) ?? .null,
      "disallowed_tools": list(role.disallowedTools), "workdir": optional(role.workdir),
      "memory": optional(role.memory), "max_turns": role.maxTurns.map { .integer(Int64($0)) } ?? .null,
      "permission_mode": optional(role.permissionMode), "selectable": .bool(role.isSelectable),
    ]
    object["permissions"] = .array(
      role.permissions.map {
        ["tool": .string($0.tool), "pattern": .string($0.pattern ?? "*"), "decision": .string($0.verdict.rawValue)]
      })
    if withPrompt { object["system"] = .string(role.system) }
    return JSONValue.object(object).description
  }
}
