import WireText

/// Counts calls with the same tool and the same arguments, whatever their spelling.
struct CallCounter: Sendable {
  private struct Key: Hashable {
    let tool: String
    let length: Int
    let hash: Int
  }

  private var counts: [Key: Int] = [:]

  /// The number of such calls, this one included.
  mutating func count(_ tool: String, _ arguments: JSONValue) -> Int {
    let text = CallCounter.canonical(arguments).description
    // The text itself may be a whole file.
    var hasher = Hasher()
    hasher.combine(text)
    let key = Key(tool: tool, length: text.utf8.count, hash: hasher.finalize())
    counts[key, default: 0] += 1
    return counts[key, default: 0]
  }

  /// The value with its objects' members in order of their names.
  static func canonical(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let values): return .array(values.map(canonical))
    case .object(let object):
      let members = object.members.map { JSONObject.Member(key: $0.key, value: canonical($0.value)) }
      return .object(JSONObject(members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }))
    default: return value
    }
  }
}
