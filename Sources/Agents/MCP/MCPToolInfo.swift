public import WireText

/// A tool as its server describes it, made fit: bounded, and without characters that hide or act on a terminal.
public struct MCPToolInfo: Sendable, Hashable {
  /// The server's own name for it.
  public let name: String
  /// The name that models see: `mcp__server__tool`.
  public let publicName: String
  /// What it is for. The server's words, and so nobody's instruction.
  public let description: String
  /// The JSON Schema of its arguments.
  public let schema: JSONValue
}

/// A server's list of tools, page by page.
struct MCPToolList {
  private let server: MCPServerSpec
  private let limit: Int
  private var found: [(name: String, description: String, schema: JSONValue)] = []
  private var seen: Set<String> = []
  /// What was left out, in sentences.
  private(set) var notes: [String] = []
  private var leftOut = 0

  static let maxName = 128
  static let maxDescription = 2000
  static let maxSchema = 64 << 10

  init(_ server: MCPServerSpec, limit: Int) {
    self.server = server
    self.limit = limit
  }

  var isFull: Bool { leftOut > 0 && found.count == limit }

  /// Takes the tools of a page.
  mutating func take(_ page: JSONObject) {
    for entry in page["tools"]?.array ?? [] { take(entry) }
  }

  private mutating func take(_ entry: JSONValue) {
    guard let name = entry["name"]?.string, !name.isEmpty, name.unicodeScalars.count <= MCPToolList.maxName else {
      return note("a tool without a usable name is left out")
    }
    guard seen.insert(name).inserted else { return note("its tool '\(MCPText.line(name))' is listed twice") }
    if let wanted = server.tools, !wanted.contains(where: { ToolNames.matches($0, name) }) { return }
    guard found.count < limit else {
      leftOut += 1
      return
    }
    let schema = entry["inputSchema"] ?? ["type": "object", "properties": [:]]
    guard schema.object != nil, schema.description.utf8.count <= MCPToolList.maxSchema else {
      return note("its tool '\(MCPText.line(name))' is left out: the schema of its arguments is none, or too large")
    }
    let said = entry["description"]?.string ?? entry["title"]?.string ?? entry["annotations"]?["title"]?.string ?? ""
    found.append((name, MCPText.bounded(said, MCPToolList.maxDescription), schema))
  }

  private mutating func note(_ sentence: String) {
    if notes.count < 10 { notes.append(sentence) }
  }

  /// The tools, and a last note.
  mutating func finished() -> [MCPToolInfo] {
    if leftOut > 0 { notes.append("only its first \(limit) tools are taken") }
    let names = MCPToolName.names(server: server.name, tools: found.map(\.name))
    return zip(found, names).map { tool, name in
      MCPToolInfo(name: tool.name, publicName: name, description: tool.description, schema: tool.schema)
    }
  }
}
