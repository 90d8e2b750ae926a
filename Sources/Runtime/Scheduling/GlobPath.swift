/// A pattern of absolute paths without braces: the names from the root down.
struct GlobPath: Sendable, Hashable {
  /// What stands between two slashes.
  enum Part: Sendable, Hashable {
    /// Any number of names, also none.
    case anyDepth
    /// This name.
    case literal([UInt32])
    /// Each name that fits.
    case name(GlobName)
  }

  static let slash = UInt32(UInt8(ascii: "/"))

  let parts: [Part]
  /// Whether it is one path, as far as anybody knows of a file.
  let isPlain: Bool
  /// What every path of it begins with.
  let prefix: [UInt32]
  /// What every path of it ends with.
  let suffix: [UInt32]

  /// Of a pattern that somebody who works in `folder` wrote as part of `pattern`.
  init(
    _ text: [UInt32], in folder: String, pattern: String, isFolder: (String) -> Bool
  ) throws(GlobPatternError) {
    var parts: [Part] = []
    if text.first != GlobPath.slash {
      for name in folder.unicodeScalars.map(\.value).split(separator: GlobPath.slash) {
        try GlobPath.append(.literal(Array(name)), to: &parts, pattern)
      }
    }
    for segment in text.split(separator: GlobPath.slash) {
      try GlobPath.append(try GlobPath.part(segment, pattern), to: &parts, pattern)
    }
    let isLiteral = parts.allSatisfy { if case .literal = $0 { true } else { false } }
    let isAllBelow = text.last == GlobPath.slash || isLiteral && isFolder(GlobPath.text(parts))
    isPlain = isLiteral && !isAllBelow
    if isAllBelow {
      if parts.last != .anyDepth { parts.append(.anyDepth) }
    } else if parts.last == .anyDepth {
      // What is below, without the folder itself.
      parts.append(.name(GlobName.any))
    }
    self.parts = parts
    prefix = GlobPath.prefix(of: parts)
    suffix = GlobPath.suffix(of: parts)
  }

  private static func part(_ segment: ArraySlice<UInt32>, _ pattern: String) throws(GlobPatternError) -> Part {
    let star = UInt32(UInt8(ascii: "*"))
    if segment.elementsEqual([star, star]) { return .anyDepth }
    let name = try GlobName(segment, pattern: pattern)
    return name.literal.map { .literal($0) } ?? .name(name)
  }

  private static func append(_ part: Part, to parts: inout [Part], _ pattern: String) throws(GlobPatternError) {
    let dot = UInt32(UInt8(ascii: "."))
    switch part {
    case .literal([dot]): return
    case .literal([dot, dot]):
      if parts.last == .anyDepth {
        throw GlobPatternError(sentence: "the pattern \"\(pattern)\" goes up from '**', which may be anywhere")
      }
      _ = parts.popLast()
    case .anyDepth where parts.last == .anyDepth: return
    default: parts.append(part)
    }
  }

  private static func text(_ literals: [Part]) -> String {
    var text = String.UnicodeScalarView()
    for case .literal(let name) in literals {
      text.append(contentsOf: ([slash] + name).compactMap(Unicode.Scalar.init))
    }
    return text.isEmpty ? "/" : String(text)
  }

  private static func prefix(of parts: [Part]) -> [UInt32] {
    var prefix: [UInt32] = []
    for part in parts {
      switch part {
      case .anyDepth: return prefix
      case .literal(let name): prefix += [slash] + name
      case .name(let name): return prefix + [slash] + name.prefix
      }
    }
    return prefix
  }

  private static func suffix(of parts: [Part]) -> [UInt32] {
    switch parts.last {
    case .literal(let name): [slash] + name
    case .name(let name): name.suffix
    case .anyDepth, nil: []
    }
  }

  // MARK: Matching

  func matches(_ names: [[UInt32]]) -> Bool {
    if isPlain { return names.starts(with: firstNames) }
    // The numbers of names that the parts so far may have taken.
    var reached: Set<Int> = [0]
    for part in parts {
      if case .anyDepth = part {
        guard let least = reached.min() else { return false }
        reached = Set(least...names.count)
      } else {
        reached = Set(reached.filter { $0 < names.count && GlobPath.takes(part, names[$0]) }.map { $0 + 1 })
      }
    }
    return reached.contains(names.count)
  }

  private static func takes(_ part: Part, _ name: [UInt32]) -> Bool {
    switch part {
    case .anyDepth: true
    case .literal(let literal): literal == name
    case .name(let pattern): pattern.matches(name)
    }
  }

  // MARK: Overlaps

  /// Whether there is a path that both stand for: a walk through the pairs of places that one path can lead to.
  func overlaps(_ other: GlobPath) -> Bool {
    if isPlain, other.firstNames.starts(with: firstNames) { return true }
    if other.isPlain, firstNames.starts(with: other.firstNames) { return true }
    guard GlobPath.oneBeginsWithOther(prefix, other.prefix),
      GlobPath.oneBeginsWithOther(suffix.reversed(), other.suffix.reversed())
    else { return false }
    let width = other.parts.count + 1
    var seen = [Bool](repeating: false, count: (parts.count + 1) * width)
    var open = [(0, 0)]
    while let (mine, its) = open.popLast() {
      if mine == parts.count, its == other.parts.count { return true }
      if seen[mine * width + its] { continue }
      seen[mine * width + its] = true
      let left = mine < parts.count ? parts[mine] : nil
      let right = its < other.parts.count ? other.parts[its] : nil
      if left == .anyDepth { open.append((mine + 1, its)) }
      if right == .anyDepth { open.append((mine, its + 1)) }
      guard let left, let right, GlobPath.haveCommonName(left, right) else { continue }
      open.append((left == .anyDepth ? mine : mine + 1, right == .anyDepth ? its : its + 1))
    }
    return false
  }

  private static func haveCommonName(_ left: Part, _ right: Part) -> Bool {
    switch (left, right) {
    case (.literal(let left), .literal(let right)): left == right
    case (.literal(let literal), .name(let name)), (.name(let name), .literal(let literal)): name.matches(literal)
    case (.name(let left), .name(let right)): left.overlaps(right)
    case (.anyDepth, .literal), (.literal, .anyDepth), (.anyDepth, .anyDepth): true
    case (.anyDepth, .name(let name)), (.name(let name), .anyDepth): name.overlaps(.any)
    }
  }

  static func oneBeginsWithOther(_ left: some Sequence<UInt32>, _ right: some Sequence<UInt32>) -> Bool {
    zip(left, right).allSatisfy { $0 == $1 }
  }
}
