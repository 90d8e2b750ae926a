internal import Jobs
internal import LuaBindings

/// Reads the option `sandbox` from a script's table.
enum SandboxOption {
  private static let accepted =
    "\"read-only\", \"workspace\", a table such as { read = {...}, write = {...}, net = false }, or false"

  /// What the option asks for; nil if it was not given.
  static func read(_ options: inout OptionReader) throws(HostFailure) -> SandboxChoice? {
    guard let (name, value) = try options.take("sandbox") else { return nil }
    switch value {
    case .boolean(false): return SandboxChoice.none
    case .string: return .policy(try preset(value, name, options))
    case .table(let table): return .policy(try policy(table, name, options))
    default: throw options.failure(name, value, accepted)
    }
  }

  private static func preset(
    _ value: LuaValue, _ option: String, _ options: OptionReader
  ) throws(HostFailure) -> SandboxPolicy {
    let name = value.exactText ?? ""
    if let preset = SandboxPolicy.preset(named: name) { return preset }
    let guess = NearMiss.best(for: name, among: SandboxPolicy.presetNames).map { "; did you mean \"\($0)\"?" } ?? ""
    throw .misuse(options.failure(option, value, accepted).sentence + guess)
  }

  private static func policy(
    _ table: LuaTable, _ option: String, _ options: OptionReader
  ) throws(HostFailure) -> SandboxPolicy {
    var reader = try OptionReader(table, subject: "\(options.subject): \(option)")
    var policy = SandboxPolicy()
    policy.read = try paths("read", &reader)
    policy.write = try paths("write", &reader) ?? []
    policy.net = try reader.flag("net") ?? false
    try reader.finish()
    return policy
  }

  private static func paths(_ name: String, _ reader: inout OptionReader) throws(HostFailure) -> [String]? {
    guard let (_, value) = try reader.take(name) else { return nil }
    guard case .table(let table) = value, table.pairs.isEmpty else {
      throw reader.failure(name, value, "a list of paths (an empty one for none)")
    }
    var paths: [String] = []
    for (index, element) in table.array.enumerated() {
      let place = "\(reader.subject): path \(index + 1) of \(name)"
      guard case .string(let bytes) = element else {
        throw .misuse("\(place) must be a string, not \(OptionReader.show(element))")
      }
      if bytes.isEmpty { throw .misuse("\(place) is empty; the working directory is \".\"") }
      if bytes.contains(0) { throw .misuse("\(place) contains a NUL byte") }
      guard let path = element.exactText else { throw .misuse("\(place) contains bytes that are not UTF-8") }
      paths.append(path)
    }
    return paths
  }
}

extension HostFailure {
  /// The sentence of a misuse.
  var sentence: String {
    if case .misuse(let sentence) = self { sentence } else { "" }
  }
}
