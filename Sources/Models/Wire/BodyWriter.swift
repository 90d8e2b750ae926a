import WireText

/// Writes the object that a request's body is; the caller's own fields replace ours of the same name.
struct BodyWriter {
  private var json = JSONWriter()
  private let extra: JSONObject

  /// The body that `fields` writes, the caller's fields last.
  static func body(_ extra: JSONObject, _ fields: (inout BodyWriter) -> Void) -> [UInt8] {
    var writer = BodyWriter(extra: extra)
    writer.json.beginObject()
    fields(&writer)
    for member in extra.members { writer.json.field(member.key, member.value) }
    writer.json.endObject()
    return writer.json.bytes
  }

  private init(extra: JSONObject) { self.extra = extra }

  /// A field whose value `write` writes.
  mutating func field(_ key: String, _ write: (inout JSONWriter) -> Void) {
    guard extra[key] == nil else { return }
    json.key(key)
    write(&json)
  }

  mutating func field(_ key: String, _ value: String) { field(key) { $0.string(value) } }
  mutating func field(_ key: String, _ value: Bool) { field(key) { $0.bool(value) } }
  mutating func field(_ key: String, _ value: Int?) { if let value { field(key) { $0.integer(value) } } }
  mutating func field(_ key: String, _ value: Double?) { if let value { field(key) { $0.value(.double(value)) } } }
  mutating func field(_ key: String, _ values: [String]) {
    guard !values.isEmpty else { return }
    field(key) { $0.array { json in for value in values { json.string(value) } } }
  }
}
