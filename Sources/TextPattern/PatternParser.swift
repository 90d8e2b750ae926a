/// Reads the text of a regular expression. The syntax is the common part of the well-known dialects; see `LinePattern`.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var ignoresCase: Bool
  private var depth = 0
  private static let deepest = 100
  private static let mostRepetitions = 1000

  static func parse(_ text: String, ignoringCase: Bool) throws(LinePatternError) -> PatternNode {
    var parser = PatternParser(text, ignoringCase)
    let node = try parser.choice()
    guard parser.current == nil else { throw parser.failure("the ')' has no '(' before it") }
    return node
  }

  private init(_ text: String, _ ignoresCase: Bool) {
    scalars = Array(text.unicodeScalars)
    self.ignoresCase = ignoresCase
  }

  private var current: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard scalars[index...].starts(with: text.unicodeScalars) else { return false }
    index += text.unicodeScalars.count
    return true
  }

  private func failure(_ why: String) -> LinePatternError {
    LinePatternError(pattern: String(String.UnicodeScalarView(scalars)), position: index + 1, why: why)
  }

  private mutating func choice() throws(LinePatternError) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= PatternParser.deepest else { throw failure("it is nested too deeply") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(LinePatternError) -> PatternNode {
    var parts: [PatternNode] = []
    while let scalar = current, scalar != "|", scalar != ")" {
      parts.append(try repeated(try atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(_ atom: PatternNode) throws(LinePatternError) -> PatternNode {
    guard let bounds = try quantifier() else { return atom }
    if case .assertion = atom { throw failure("a place in the line cannot be repeated") }
    if current == "+" { throw failure("a possessive quantifier is not supported") }
    // Whether a match is short or long makes no difference to whether there is one.
    _ = take("?")
    let start = index
    guard try quantifier() == nil else {
      index = start
      throw failure("a repetition cannot be repeated without a group")
    }
    return .repetition(atom, least: bounds.least, most: bounds.most)
  }

  private mutating func quantifier() throws(LinePatternError) -> (least: Int, most: Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    guard current == "{" else { return nil }
    let start = index
    index += 1
    // As in other dialects, a brace that begins no count is itself.
    guard let least = number() else {
      index = start
      return nil
    }
    var most: Int? = least
    if take(",") { most = number() }
    guard take("}") else {
      index = start
      return nil
    }
    let largest = max(least, most ?? 0)
    guard largest <= PatternParser.mostRepetitions else {
      throw failure("more than \(PatternParser.mostRepetitions) repetitions are not supported")
    }
    if let most, most < least { throw failure("the second count of '{\(least),\(most)}' is less than the first") }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let scalar = current, ("0"..."9").contains(scalar) {
      value = min((value ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
      index += 1
    }
    return value
  }

  private mutating func atom() throws(LinePatternError) -> PatternNode {
    guard let scalar = current else { return .empty }
    switch scalar {
    case "(": return try group()
    case "[":
      index += 1
      return .scalars(try bracket())
    case "*", "+", "?": throw failure("there is nothing before '\(scalar)' to repeat")
    case "\\": return try escape()
    default: break
    }
    index += 1
    switch scalar {
    case ".": return .scalars(.any)
    case "^": return .assertion(.lineStart)
    case "$": return .assertion(.lineEnd)
    default: return literal(scalar)
    }
  }

  private func literal(_ scalar: Unicode.Scalar) -> PatternNode { .scalars(cased(ScalarSet(scalar))) }

  private func cased(_ set: ScalarSet) -> ScalarSet { ignoresCase ? set.ignoringCase : set }

  private mutating func group() throws(LinePatternError) -> PatternNode {
    let outer = ignoresCase
    index += 1
    if take("?") {
      if take("i)") {
        // For the rest of the group around it.
        ignoresCase = true
        return .empty
      }
      if take("i:") {
        ignoresCase = true
      } else if !take(":") {
        throw failure("only '(?:', '(?i)' and '(?i:' are supported: no looking around, no names")
      }
    }
    let node = try choice()
    ignoresCase = outer
    guard take(")") else { throw failure("a '(' is not closed") }
    return node
  }

  private mutating func escape() throws(LinePatternError) -> PatternNode {
    index += 1
    guard let scalar = current else { throw failure("it ends with a lone '\\'") }
    switch scalar {
    case "b", "B":
      index += 1
      return .assertion(scalar == "b" ? .wordEdge : .noWordEdge)
    case "A", "z", "Z":
      index += 1
      return .assertion(scalar == "A" ? .lineStart : .lineEnd)
    case "1"..."9": throw failure("a reference to a group is not supported")
    default: return .scalars(try escapedSet())
    }
  }

  /// What stands behind a backslash, where it means one scalar or a set of them.
  private mutating func escapedSet() throws(LinePatternError) -> ScalarSet {
    guard let scalar = current else { throw failure("it ends with a lone '\\'") }
    index += 1
    switch scalar {
    case "d": return .digits
    case "D": return ScalarSet.digits.inverted
    case "w": return .word
    case "W": return ScalarSet.word.inverted
    case "s": return .space
    case "S": return ScalarSet.space.inverted
    case "t": return ScalarSet("\t")
    case "n": return ScalarSet("\n")
    case "r": return ScalarSet("\r")
    case "f": return ScalarSet("\u{0C}")
    case "v": return ScalarSet("\u{0B}")
    case "e": return ScalarSet("\u{1B}")
    case "0": return ScalarSet("\0")
    case "x", "u": return cased(ScalarSet(try hexadecimal(digits: scalar == "x" ? 2 : 4)))
    default:
      let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
      guard !isLetter else { throw failure("'\\\(scalar)' means nothing") }
      return cased(ScalarSet(scalar))
    }
  }

  private mutating func hexadecimal(digits: Int) throws(LinePatternError) -> Unicode.Scalar {
    let isBraced = take("{")
    var text = ""
    while let scalar = current, text.utf8.count < (isBraced ? 6 : digits), scalar.properties.isASCIIHexDigit {
      text.unicodeScalars.append(scalar)
      index += 1
    }
    guard isBraced ? take("}") : text.utf8.count == digits, let value = UInt32(text, radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw failure("the hexadecimal number of a character is wrong") }
    return scalar
  }

  private mutating func bracket() throws(LinePatternError) -> ScalarSet {
    let isInverted = take("^")
    var set = ScalarSet()
    var isFirst = true
    while isFirst || current != "]" {
      guard current != nil else { throw failure("a '[' is not closed") }
      isFirst = false
      if let named = try namedClass() {
        set.formUnion(named)
        continue
      }
      let low = try member()
      guard let lowest = low.single, current == "-", index + 1 < scalars.count, scalars[index + 1] != "]" else {
        set.formUnion(low)
        continue
      }
      index += 1
      guard let highest = try member().single, lowest <= highest else { throw failure("a range in '[…]' is wrong") }
      set.insert(lowest...highest)
    }
    index += 1
    set = cased(set)
    return isInverted ? set.inverted : set
  }

  private mutating func member() throws(LinePatternError) -> ScalarSet {
    guard let scalar = current else { throw failure("a '[' is not closed") }
    index += 1
    if scalar != "\\" { return ScalarSet(scalar) }
    if take("b") { return ScalarSet("\u{08}") }
    return try escapedSet()
  }

  private mutating func namedClass() throws(LinePatternError) -> ScalarSet? {
    guard scalars[index...].starts(with: "[:".unicodeScalars) else { return nil }
    let classes: [(String, ScalarSet)] = [
      ("alpha", ScalarSet(0x41...0x5A, 0x61...0x7A)), ("digit", .digits), ("space", .space), ("word", .word),
      ("alnum", ScalarSet(0x30...0x39, 0x41...0x5A, 0x61...0x7A)), ("upper", ScalarSet(0x41...0x5A)),
      ("lower", ScalarSet(0x61...0x7A)), ("xdigit", ScalarSet(0x30...0x39, 0x41...0x46, 0x61...0x66)),
      ("punct", ScalarSet(0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E)), ("blank", ScalarSet(9...9, 32...32)),
      ("cntrl", ScalarSet(0...0x1F, 0x7F...0x7F)), ("print", ScalarSet(0x20...0x7E)), ("graph", ScalarSet(0x21...0x7E)),
    ]
    for (name, set) in classes where take("[:\(name):]") { return set }
    throw failure("the class that begins with '[:' is not known")
  }
}

extension ScalarSet {
  /// The scalar's value, if there is exactly one.
  fileprivate var single: UInt32? {
    guard ranges.count == 1, let range = ranges.first, range.count == 1 else { return nil }
    return range.lowerBound
  }
}
