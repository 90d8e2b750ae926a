internal import WireText

/// A server's words, made fit to be shown and sent on.
enum MCPText {
  /// At most so many characters, without what could act on a terminal or hide.
  static func bounded(_ text: String, _ limit: Int, keepingLines: Bool = true) -> String {
    var result = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
      if count == limit { return String(result) + "…" }
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator:
        result.append(scalar == "\n" || scalar == "\t" ? (keepingLines ? scalar : " ") : "\u{FFFD}")
      case .format, .surrogate, .privateUse, .unassigned: continue
      default: result.append(scalar)
      }
      count += 1
    }
    return String(result)
  }

  static func line(_ text: String, _ limit: Int = 300) -> String { bounded(text, limit, keepingLines: false) }

  static func line(_ bytes: [UInt8], _ limit: Int = 100) -> String {
    line(String(decoding: bytes.prefix(limit * 4), as: UTF8.self), limit)
  }

  /// FNV-1a, as eight hexadecimal digits.
  static func hash(_ text: String) -> String {
    let hash = text.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}

/// Names of servers' tools, as models see them: `mcp__server__tool`, of letters, digits, `_` and `-`, at most 64.
enum MCPToolName {
  static let limit = 64

  /// The names of a server's tools, in their order, each once.
  static func names(server: String, tools: [String]) -> [String] {
    var taken: Set<String> = []
    return tools.map { tool in
      let plain = plain(server: server, tool: tool)
      var name = plain
      // Two tools may look alike with what is not allowed taken out; the hash tells them apart, whatever else is there.
      if name.utf8.count > limit || taken.contains(name) { name = hashed(plain, server + "\0" + tool) }
      var salt = 0
      while !taken.insert(name).inserted {
        salt += 1
        name = hashed(plain, server + "\0" + tool + "\0\(salt)")
      }
      return name
    }
  }

  private static func plain(server: String, tool: String) -> String {
    let legal = legal(server)
    // Servers are listed apart from each other: a name that had to be changed must not become another server's.
    let unique = legal == server ? legal : "\(legal.prefix(20))_\(MCPText.hash(server).prefix(4))"
    return "mcp__\(unique)__\(self.legal(tool))"
  }

  private static func hashed(_ name: String, _ source: String) -> String {
    "\(name.prefix(limit - 9))_\(MCPText.hash(source))"
  }

  private static func legal(_ name: String) -> String {
    String(
      decoding: name.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          byte
        default: UInt8(ascii: "_")
        }
      }, as: UTF8.self)
  }
}
