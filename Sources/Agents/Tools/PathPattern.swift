/// A pattern of paths: `*` any run of characters within a name, `?` one, `[a-z]` one of these, `**` any number of folders,
/// `{a,b}` one of these texts. Pure.
struct PathPattern: Sendable {
  private enum Segment: Hashable, Sendable {
    case name(NamePattern)
    /// Any number of folders.
    case folders
  }

  private let alternatives: [[Segment]]
  private static let mostAlternatives = 100

  /// Nil if its braces stand for too many patterns.
  init?(_ text: String) {
    guard let texts = PathPattern.expand(text) else { return nil }
    alternatives = texts.map { text in
      let parts = text.split(separator: "/").filter { $0 != "." }
      let segments = parts.map { $0 == "**" ? Segment.folders : .name(NamePattern($0)) }
      // A name alone may lie in any folder.
      return parts.count == 1 && !text.hasPrefix("./") ? [.folders] + segments : segments
    }
  }

  /// Whether a path fits, given by its names.
  func matches(_ names: [String]) -> Bool {
    let names = names.map { Array($0.utf8) }
    return alternatives.contains { PathPattern.matches($0, names) }
  }

  /// Takes at most the product of both lengths in comparisons.
  private static func matches(_ segments: [Segment], _ names: [[UInt8]]) -> Bool {
    // reachable[n]: the segments so far fit the first n names.
    var reachable = [Bool](repeating: false, count: names.count + 1)
    reachable[0] = true
    for segment in segments {
      switch segment {
      case .folders:
        if let first = reachable.firstIndex(of: true) {
          for place in first..<reachable.count { reachable[place] = true }
        }
      case .name(let pattern):
        for place in stride(from: names.count, to: 0, by: -1) {
          reachable[place] = reachable[place - 1] && pattern.matches(names[place - 1])
        }
        reachable[0] = false
      }
    }
    return reachable[names.count]
  }

  /// The patterns that braces stand for; those without a comma are themselves.
  private static func expand(_ text: String) -> [String]? {
    var done: [[UInt8]] = []
    var open: [[UInt8]] = [Array(text.utf8)]
    while let text = open.popLast() {
      guard done.count + open.count < mostAlternatives else { return nil }
      guard let (range, parts) = braces(text) else {
        done.append(text)
        continue
      }
      for part in parts { open.append(Array(text[..<range.lowerBound]) + part + text[(range.upperBound + 1)...]) }
    }
    return done.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first list in braces.
  private static func braces(_ text: [UInt8]) -> (ClosedRange<Int>, [ArraySlice<UInt8>])? {
    for start in text.indices where text[start] == UInt8(ascii: "{") {
      var depth = 0
      var parts: [ArraySlice<UInt8>] = []
      var begin = start + 1
      for place in start..<text.count {
        switch text[place] {
        case UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ",") where depth == 1:
          parts.append(text[begin..<place])
          begin = place + 1
        case UInt8(ascii: "}"):
          depth -= 1
          guard depth == 0 else { continue }
          if parts.isEmpty { break }
          return (start...place, parts + [text[begin..<place]])
        default: continue
        }
        if depth == 0 { break }
      }
    }
    return nil
  }
}

/// A pattern of one name.
struct NamePattern: Hashable, Sendable {
  private enum Token: Hashable, Sendable {
    case byte(UInt8)
    case one
    case any
    case set([ClosedRange<UInt8>], isInverted: Bool)
  }

  private let tokens: [Token]

  init(_ text: some StringProtocol) {
    var tokens: [Token] = []
    let bytes = Array(text.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "*"): if tokens.last != .any { tokens.append(.any) }
      case UInt8(ascii: "?"): tokens.append(.one)
      case UInt8(ascii: "\\") where index < bytes.count:
        tokens.append(.byte(bytes[index]))
        index += 1
      case UInt8(ascii: "["):
        if let (set, end) = NamePattern.set(bytes, index) {
          tokens.append(set)
          index = end
        } else {
          tokens.append(.byte(byte))
        }
      default: tokens.append(.byte(byte))
      }
    }
    self.tokens = tokens
  }

  /// The set behind an opening bracket, and where it ends; nil if it is not closed.
  private static func set(_ bytes: [UInt8], _ start: Int) -> (Token, Int)? {
    var index = start
    let isInverted = index < bytes.count && (bytes[index] == UInt8(ascii: "!") || bytes[index] == UInt8(ascii: "^"))
    if isInverted { index += 1 }
    var ranges: [ClosedRange<UInt8>] = []
    let first = index
    while index < bytes.count, bytes[index] != UInt8(ascii: "]") || index == first {
      let low = bytes[index]
      if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "-"), bytes[index + 2] != UInt8(ascii: "]") {
        let high = bytes[index + 2]
        if low <= high { ranges.append(low...high) }
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    guard index < bytes.count else { return nil }
    return (.set(ranges, isInverted: isInverted), index + 1)
  }

  /// Takes at most the product of both lengths in steps.
  func matches(_ name: [UInt8]) -> Bool {
    var (place, index) = (0, 0)
    var star: (place: Int, index: Int)?
    while index < name.count {
      if place < tokens.count, tokens[place] == .any {
        star = (place, index)
        place += 1
      } else if place < tokens.count, let length = NamePattern.length(tokens[place], name, index) {
        place += 1
        index += length
      } else if let last = star {
        star = (last.place, last.index + 1)
        place = last.place + 1
        index = last.index + 1
      } else {
        return false
      }
    }
    return tokens[place...].allSatisfy { $0 == .any }
  }

  /// How many bytes the token takes there; nil for none.
  private static func length(_ token: Token, _ name: [UInt8], _ index: Int) -> Int? {
    switch token {
    case .byte(let byte): return name[index] == byte ? 1 : nil
    case .set(let ranges, let isInverted):
      guard ranges.contains(where: { $0.contains(name[index]) }) != isInverted else { return nil }
      return isInverted ? character(name, index) : 1
    case .one: return character(name, index)
    case .any: return nil
    }
  }

  private static func character(_ name: [UInt8], _ index: Int) -> Int {
    var end = index + 1
    while end < name.count, name[end] & 0xC0 == 0x80 { end += 1 }
    return end - index
  }
}
