/// A pattern of one name in a folder, as characters: `*`, `?`, `[…]` and what stands for itself.
///
/// A name is never empty, `.` or `..`, and never holds a slash: no pattern matches such.
struct GlobName: Sendable, Hashable {
  /// What takes one character, or any run of them.
  enum Token: Sendable, Hashable {
    case run
    case one(UInt32)
    case oneOf(ScalarSet)
  }

  /// `*`
  static let any = GlobName(tokens: [.run])

  let tokens: [Token]

  private init(tokens: [Token]) { self.tokens = tokens }

  /// Of a text without slashes; `pattern` is what is named in errors.
  init(_ text: ArraySlice<UInt32>, pattern: String) throws(GlobPatternError) {
    var tokens: [Token] = []
    var index = text.startIndex
    while index < text.endIndex {
      switch text[index] {
      case Sign.star:
        if tokens.last != .run { tokens.append(.run) }
        index += 1
      case Sign.question:
        tokens.append(.oneOf(.name))
        index += 1
      case Sign.openBracket:
        guard let (set, end) = try ScalarSet.parse(text, from: index, pattern: pattern) else { fallthrough }
        tokens.append(.oneOf(set))
        index = end
      default:
        if text[index] == Sign.escape, index + 1 < text.endIndex { index += 1 }
        tokens.append(.one(text[index]))
        index += 1
      }
    }
    self.tokens = tokens
  }

  /// The one name that it stands for, if it is written without operators.
  var literal: [UInt32]? {
    let prefix = prefix
    return prefix.count == tokens.count ? prefix : nil
  }

  /// What each of its names begins with.
  var prefix: [UInt32] { GlobName.literals(tokens) }

  /// What each of its names ends with.
  var suffix: [UInt32] { GlobName.literals(tokens.reversed()).reversed() }

  private static func literals(_ tokens: some Sequence<Token>) -> [UInt32] {
    var literals: [UInt32] = []
    for token in tokens {
      guard case .one(let scalar) = token else { break }
      literals.append(scalar)
    }
    return literals
  }

  /// Whether a name fits. After each run the least is taken that lets the rest fit: so the time is at most the product.
  func matches(_ name: [UInt32]) -> Bool {
    var position = 0
    var token = 0
    var run: (token: Int, position: Int)?
    while position < name.count {
      if token < tokens.count, tokens[token] == .run {
        run = (token, position)
        token += 1
      } else if token < tokens.count, GlobName.takes(tokens[token], name[position]) {
        token += 1
        position += 1
      } else if let last = run {
        run = (last.token, last.position + 1)
        token = last.token + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    while token < tokens.count, tokens[token] == .run { token += 1 }
    return token == tokens.count
  }

  private static func takes(_ token: Token, _ scalar: UInt32) -> Bool {
    switch token {
    case .run: true
    case .one(let literal): literal == scalar
    case .oneOf(let set): set.contains(scalar)
    }
  }

  /// Whether there is a name that fits both: a walk through the pairs of places that one name can lead to, and what it
  /// is so far: nothing, `.`, `..`, or something that is a name.
  func overlaps(_ other: GlobName) -> Bool {
    let width = other.tokens.count + 1
    var seen = [UInt8](repeating: 0, count: (tokens.count + 1) * width)
    var open = [(mine: 0, its: 0, form: UInt8(0))]
    while let (mine, its, form) = open.popLast() {
      if mine == tokens.count, its == other.tokens.count, form == 3 { return true }
      let place = mine * width + its
      if seen[place] & (1 << form) != 0 { continue }
      seen[place] |= 1 << form
      let left = mine < tokens.count ? tokens[mine] : nil
      let right = its < other.tokens.count ? other.tokens[its] : nil
      if left == .run { open.append((mine + 1, its, form)) }
      if right == .run { open.append((mine, its + 1, form)) }
      guard let left, let right else { continue }
      let common = GlobName.set(left).intersection(GlobName.set(right))
      let next = (left == .run ? mine : mine + 1, right == .run ? its : its + 1)
      if common.contains(Sign.dot) { open.append((next.0, next.1, min(form + 1, 3))) }
      if common.holdsMoreThan(Sign.dot) { open.append((next.0, next.1, 3)) }
    }
    return false
  }

  private static func set(_ token: Token) -> ScalarSet {
    switch token {
    case .run: .name
    case .one(let scalar): ScalarSet(ranges: [scalar...scalar])
    case .oneOf(let set): set
    }
  }

  /// What means something in a pattern.
  enum Sign {
    static let star = UInt32(UInt8(ascii: "*"))
    static let question = UInt32(UInt8(ascii: "?"))
    static let openBracket = UInt32(UInt8(ascii: "["))
    static let closeBracket = UInt32(UInt8(ascii: "]"))
    static let bang = UInt32(UInt8(ascii: "!"))
    static let caret = UInt32(UInt8(ascii: "^"))
    static let dash = UInt32(UInt8(ascii: "-"))
    static let dot = UInt32(UInt8(ascii: "."))
    static let escape = UInt32(UInt8(ascii: "\\"))
  }
}

/// A set of characters that may stand in a name.
struct ScalarSet: Sendable, Hashable {
  /// All but NUL and the slash.
  static let name = ScalarSet(ranges: [1...46, 48...0xD7FF, 0xE000...0x10FFFF])

  /// In order, and apart from each other.
  let ranges: [ClosedRange<UInt32>]

  func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } }

  /// Whether it holds anything but this.
  func holdsMoreThan(_ scalar: UInt32) -> Bool { !ranges.isEmpty && ranges != [scalar...scalar] }

  func intersection(_ other: ScalarSet) -> ScalarSet {
    if self == .name { return other }
    if other == .name { return self }
    var common: [ClosedRange<UInt32>] = []
    for mine in ranges {
      for its in other.ranges where mine.overlaps(its) { common.append(mine.clamped(to: its)) }
    }
    return ScalarSet(ranges: common)
  }

  /// The characters of a name that are not in it.
  private var complement: ScalarSet {
    var free: [ClosedRange<UInt32>] = []
    var from: UInt32 = 0
    for range in ranges {
      if range.lowerBound > from { free.append(from...(range.lowerBound - 1)) }
      from = range.upperBound + 1
    }
    free.append(from...UInt32.max)
    return ScalarSet(ranges: free).intersection(.name)
  }

  private static func joined(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var joined: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, range.lowerBound <= last.upperBound + 1 {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        joined.append(range)
      }
    }
    return joined
  }

  /// The set that begins with the bracket at `start`, and what follows it; nil if no bracket closes it.
  static func parse(
    _ text: ArraySlice<UInt32>, from start: Int, pattern: String
  ) throws(GlobPatternError) -> (set: ScalarSet, end: Int)? {
    typealias Sign = GlobName.Sign
    var index = start + 1
    let isNegated = index < text.endIndex && (text[index] == Sign.bang || text[index] == Sign.caret)
    if isNegated { index += 1 }
    let first = index
    var ranges: [ClosedRange<UInt32>] = []
    // Told only if this is a set at all.
    var backwards: GlobPatternError?
    while index < text.endIndex {
      if text[index] == Sign.closeBracket, index > first {
        if let backwards { throw backwards }
        let set = ScalarSet(ranges: joined(ranges))
        return (isNegated ? set.complement : set.intersection(.name), index + 1)
      }
      if text[index] == Sign.escape, index + 1 < text.endIndex { index += 1 }
      let low = text[index]
      var high = low
      index += 1
      if index + 1 < text.endIndex, text[index] == Sign.dash, text[index + 1] != Sign.closeBracket {
        high = text[index + 1]
        index += 2
      }
      if low <= high {
        ranges.append(low...high)
      } else {
        let shown = [low, high].map { Unicode.Scalar($0).map(String.init) ?? "" }.joined(separator: "-")
        backwards = GlobPatternError(sentence: "in the pattern \"\(pattern)\" the range \(shown) runs backwards")
      }
    }
    return nil
  }
}
