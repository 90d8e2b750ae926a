import Jobs
import Runtime

/// Readers of values on the command line, for the parser's `transform`. The parser names the option and the value; what
/// they throw is the rest of its sentence.
enum ArgumentReader {
  /// Why a value was refused.
  struct Refusal: Error, CustomStringConvertible {
    let description: String
  }

  /// A duration with its unit.
  static func duration(_ text: String) throws -> Duration {
    guard let duration = DurationText.parse(text) else {
      throw Refusal(description: "a duration is \(DurationText.accepted)")
    }
    return duration
  }

  /// A size in bytes.
  static func size(_ text: String) throws -> Int {
    guard let bytes = ByteCount.parse(text) else {
      throw Refusal(description: "a size is a number of bytes, or one with a unit, as in 512M or 2G")
    }
    return bytes
  }

  /// The preset of a sandbox.
  static func sandbox(_ text: String) throws -> String {
    guard RunOptions.sandboxes.contains(text) else {
      throw Refusal(description: "there are \(RunOptions.sandboxes.joined(separator: " and "))")
    }
    return text
  }

  /// A count of at least one.
  static func count(_ text: String) throws -> Int {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(text), count >= 1 else {
      throw Refusal(description: "it must be a whole number of at least 1")
    }
    return count
  }

  /// A count of at least one, or `auto`.
  static func concurrency(_ text: String) throws -> Concurrency {
    if text == "auto" { return .automatic }
    guard let number = try? count(text) else {
      throw Refusal(description: "it must be a whole number of at least 1, or auto")
    }
    return .number(number)
  }

  /// What costs are added up by.
  static func costKey(_ text: String) throws -> CostKey {
    guard let key = CostKey(rawValue: text) else {
      throw Refusal(description: "there are \(CostKey.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return key
  }

  /// A byte's place in a file.
  static func offset(_ text: String) throws -> Int {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let offset = Int(text) else {
      throw Refusal(description: "an offset is a number of bytes")
    }
    return offset
  }

  /// `from-to`, `from-` or one line.
  static func range(_ text: String) throws -> ClosedRange<Int> {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    if let from = try? count(parts[0]) {
      if parts.count == 1 { return from...from }
      if parts.count == 2, parts[1].isEmpty { return from...Int.max }
      if parts.count == 2, let to = try? count(parts[1]), to >= from { return from...to }
    }
    throw Refusal(description: "lines are counted from 1 and given as 10-20, 10- or 10")
  }

  /// `key=value`.
  static func variable(_ text: String) throws -> Variable {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw Refusal(description: "a variable is key=value")
    }
    return Variable(key: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
  }

  /// `agent=number`
  enum Budget: Sendable, Hashable {
    case dollars(Double)
    case tokens(Int)
  }

  /// `2.50` or `$2.50`, or `200000tokens`.
  static func budget(_ text: String) throws -> Budget {
    if let digits = text.hasSuffix("tokens") ? text.dropLast(6) : text.hasSuffix("token") ? text.dropLast(5) : nil {
      if let tokens = Int(digits), tokens > 0, digits.first != "+" { return .tokens(tokens) }
    } else if let dollars = Double(text.hasPrefix("$") ? text.dropFirst() : text[...]), dollars.isFinite, dollars >= 0 {
      return .dollars(dollars)
    }
    throw Refusal(description: "'\(text)' is no budget: give US dollars, as in 2.50, or tokens, as in 200000tokens")
  }

  static func agentLimit(_ text: String) throws -> AgentLimit {
    guard let equals = text.lastIndex(of: "="), equals != text.startIndex,
      let count = Int(text[text.index(after: equals)...]), count >= 1
    else { throw Refusal(description: "'\(text)' is no agent's name and whole number of at least 1, as in Explore=2") }
    return AgentLimit(agent: String(text[..<equals]), count: count)
  }

  struct AgentLimit: Hashable {
    let agent: String
    let count: Int
  }

  struct Variable: Hashable {
    let key: String
    let value: String
  }
}

/// How many jobs run at once.
enum Concurrency {
  case number(Int)
  /// As many as pay.
  case automatic
}
