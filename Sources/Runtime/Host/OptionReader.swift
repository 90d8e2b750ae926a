internal import Jobs
internal import LuaBindings

/// Reads one table of options: each is taken once, with its type, and what is left over at the end is an error that
/// names the nearest option there is.
struct OptionReader {
  private var rest: [String: LuaValue] = [:]
  /// How messages call the reader's subject: "task", "task 'build'", "task_group".
  var subject: String
  /// All names that were asked for, for "did you mean".
  private var known: [String] = []
  /// Named in the manual, but not there yet: refused in their own words.
  private let later: Set<String>

  init(_ table: LuaTable, subject: String, later: Set<String> = [], allowsArray: Bool = false) throws(HostFailure) {
    self.subject = subject
    self.later = later
    for pair in table.pairs {
      guard case .string = pair.key, let name = pair.key.text else {
        throw .misuse("\(subject): options have names; this table has a key of type \(pair.key.typeName)")
      }
      rest[name] = pair.value
    }
    if !allowsArray, !table.array.isEmpty {
      throw .misuse("\(subject): options have names; this table also has \(table.array.count) values without one")
    }
  }

  func failure(_ option: String, _ value: LuaValue, _ accepted: String) -> HostFailure {
    .misuse("\(subject): \(option) must be \(accepted), not \(OptionReader.show(value))")
  }

  /// A value as messages show it.
  static func show(_ value: LuaValue) -> String {
    switch value {
    case .nil: "nil"
    case .boolean(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .string: "\"\(clip(value.text ?? ""))\""
    default: "a \(value.typeName)"
    }
  }

  private static func clip(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }
    return line.count > 60 ? line.prefix(57) + "..." : String(line)
  }

  /// The value of the first of these names that is set; two of them at once is an error.
  mutating func take(_ names: String...) throws(HostFailure) -> (name: String, value: LuaValue)? {
    known.append(contentsOf: names)
    let present = names.filter { rest[$0] != nil }
    if present.count > 1 {
      throw .misuse("\(subject): \(present[0]) and \(present[1]) mean the same; give one of them")
    }
    guard let name = present.first, let value = rest.removeValue(forKey: name) else { return nil }
    return (name, value)
  }

  mutating func text(_ name: String, _ alias: String...) throws(HostFailure) -> String? {
    guard let (name, value) = try takeAny([name] + alias) else { return nil }
    guard case .string = value else { throw failure(name, value, "a string") }
    guard let text = value.exactText else { throw failure(name, value, "a string of UTF-8") }
    return text
  }

  private mutating func takeAny(_ names: [String]) throws(HostFailure) -> (String, LuaValue)? {
    switch names.count {
    case 1: try take(names[0])
    case 2: try take(names[0], names[1])
    default: try take(names[0], names[1], names[2])
    }
  }

  mutating func flag(_ name: String) throws(HostFailure) -> Bool? {
    guard let (_, value) = try take(name) else { return nil }
    guard case .boolean(let flag) = value else { throw failure(name, value, "true or false") }
    return flag
  }

  mutating func duration(_ name: String) throws(HostFailure) -> Duration? {
    guard let (_, value) = try take(name) else { return nil }
    guard let duration = DurationText.of(value) else { throw failure(name, value, DurationText.accepted) }
    return duration
  }

  mutating func count(_ name: String, in range: ClosedRange<Int>) throws(HostFailure) -> Int? {
    guard let (_, value) = try take(name) else { return nil }
    guard case .integer(let number) = value, range.contains(Int(number)) else {
      let bound =
        range.upperBound == .max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      throw failure(name, value, "a whole number \(bound)")
    }
    return Int(number)
  }

  /// A number of bytes.
  mutating func size(_ name: String) throws(HostFailure) -> Int? {
    guard let (_, value) = try take(name) else { return nil }
    return try size(value, name)
  }

  func size(_ value: LuaValue, _ name: String, orFalse: Bool = false) throws(HostFailure) -> Int {
    var bytes: Int?
    if let number = value.int, case .integer = value { bytes = Int(number) }
    if case .string = value, let text = value.text { bytes = ByteCount.parse(text) }
    guard let bytes, bytes > 0 else {
      throw failure(
        name, value, "a number of bytes, or a text such as \"64M\" or \"2G\"" + (orFalse ? ", or false for none" : ""))
    }
    return bytes
  }

  mutating func function(_ name: String) throws(HostFailure) -> LuaReference? {
    guard let (_, value) = try take(name) else { return nil }
    guard case .function(let reference) = value else { throw failure(name, value, "a function") }
    return reference
  }

  mutating func texts(_ name: String, _ alias: String) throws(HostFailure) -> [String]? {
    guard let (name, value) = try take(name, alias) else { return nil }
    guard case .table(let table) = value, table.pairs.isEmpty else { throw failure(name, value, "a list of strings") }
    var texts: [String] = []
    for element in table.array {
      guard case .string = element, let text = element.text else { throw failure(name, element, "a list of strings") }
      texts.append(text)
    }
    return texts
  }

  /// To be called when all options were taken.
  func finish() throws(HostFailure) {
    guard let name = rest.keys.sorted().first else { return }
    if later.contains(name) {
      throw .misuse("\(subject): the option '\(name)' is not there yet in this version of agentscript")
    }
    let guess = NearMiss.best(for: name, among: known).map { "; did you mean '\($0)'?" } ?? ""
    let all = Set(known).sorted().joined(separator: ", ")
    throw .misuse(
      "\(subject): unknown option '\(name)' (given \(OptionReader.show(rest[name] ?? .nil)))"
        + (guess.isEmpty ? "; known are \(all)" : guess))
  }
}
