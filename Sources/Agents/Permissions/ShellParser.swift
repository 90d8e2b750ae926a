/// Reads a shell's line (POSIX, section 2, and what bash adds as far as it hides commands). Every step consumes a byte or ends.
struct ShellParser {
  private let bytes: [UInt8]
  private var index = 0
  private(set) var commands: [ShellCommand] = []
  private(set) var targets: [ShellWord] = []
  private static let deepest = 16
  private static let mostCommands = 500

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func peek(_ offset: Int) -> UInt8? { index + offset < bytes.count ? bytes[index + offset] : nil }

  private mutating func take(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard index + count <= bytes.count else { return false }
    for offset in 0..<count where bytes[index + offset] != text.utf8Start[offset] { return false }
    index += count
    return true
  }

  // MARK: Commands

  /// Reads commands up to the closing byte, which is taken, or the end. False for what is not understood.
  mutating func list(until closing: UInt8?, depth: Int) -> Bool {
    guard depth <= ShellParser.deepest else { return false }
    while true {
      skipSpace(andLines: true)
      guard let byte = current else { return closing == nil }
      if byte == closing {
        index += 1
        return true
      }
      if byte == UInt8(ascii: "(") {
        guard peek(1) != UInt8(ascii: "("), redirectsAfterSubshell(depth: depth) else { return false }
      } else {
        guard command(closing: closing, depth: depth) else { return false }
      }
      skipSpace(andLines: false)
      guard separator(closing: closing) else { return false }
    }
  }

  private mutating func redirectsAfterSubshell(depth: Int) -> Bool {
    index += 1
    guard list(until: UInt8(ascii: ")"), depth: depth + 1) else { return false }
    while true {
      skipSpace(andLines: false)
      guard let done = redirection(depth: depth) else { return true }
      if !done { return false }
    }
  }

  /// Takes what stands between two commands.
  private mutating func separator(closing: UInt8?) -> Bool {
    guard let byte = current, byte != closing else { return true }
    if take(";;") { return false }
    return take("&&") || take("||") || take("|&") || take("|") || take("&") || take(";") || take("\n")
  }

  private mutating func command(closing: UInt8?, depth: Int) -> Bool {
    var words: [ShellWord] = []
    var hasAssignments = false
    let begin = index
    while true {
      skipSpace(andLines: false)
      guard let byte = current, byte != closing, !";&|\n)".utf8.contains(byte) || startsRedirection else { break }
      if byte == UInt8(ascii: "(") { return false }
      if let done = redirection(depth: depth) {
        if !done { return false }
        continue
      }
      guard let word = word(depth: depth) else { return false }
      if words.isEmpty, !word.isQuoted, word.text == "!" { continue }
      if words.isEmpty, ShellParser.isAssignment(word) {
        hasAssignments = true
        continue
      }
      if words.isEmpty, !ShellParser.isProgram(word) { return false }
      words.append(word)
    }
    guard index > begin, commands.count < ShellParser.mostCommands else { return false }
    if !words.isEmpty { commands.append(ShellCommand(words: words, hasAssignments: hasAssignments)) }
    // Assignments and redirections alone run nothing, but change what follows.
    if words.isEmpty, hasAssignments {
      commands.append(ShellCommand(words: [ShellWord(text: "=")], hasAssignments: true))
    }
    return true
  }

  private static func isAssignment(_ word: ShellWord) -> Bool {
    guard let equals = word.text.utf8.firstIndex(of: UInt8(ascii: "=")) else { return false }
    var name = word.text.utf8[..<equals]
    if name.last == UInt8(ascii: "+") { name = name.dropLast() }
    guard let first = name.first, !(0x30...0x39).contains(first) else { return false }
    return name.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "["), UInt8(ascii: "]"): true
      default: false
      }
    }
  }

  private static func isProgram(_ word: ShellWord) -> Bool {
    guard !word.hasExpansion, !word.hasPattern, !word.text.isEmpty else { return false }
    guard !word.isQuoted else { return !word.text.utf8.contains { $0 <= 0x20 } }
    return !keywords.contains(word.text)
  }

  private static let keywords: Set<String> = [
    "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case", "esac", "function", "select",
    "{",
    "}", "[[", "]]", "coproc", "time", "in",
  ]

  private mutating func skipSpace(andLines: Bool) {
    while let byte = current {
      if byte == 0x20 || byte == 0x09 || (andLines && byte == 0x0A) {
        index += 1
      } else if byte == UInt8(ascii: "\\"), peek(1) == 0x0A {
        index += 2
      } else if byte == UInt8(ascii: "#") {
        while let byte = current, byte != 0x0A { _ = (byte, index += 1) }
      } else {
        return
      }
    }
  }

  // MARK: Redirections

  private var startsRedirection: Bool { current == UInt8(ascii: "&") && peek(1) == UInt8(ascii: ">") }

  /// Nil if none stands here; false if it is not understood.
  private mutating func redirection(depth: Int) -> Bool? {
    let begin = index
    while let byte = current, (0x30...0x39).contains(byte) { index += 1 }
    guard let byte = current,
      byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || (index == begin && startsRedirection)
    else {
      index = begin
      return nil
    }
    // A process in a file's place is a word.
    if index == begin, peek(1) == UInt8(ascii: "("), !startsRedirection { return nil }
    if take("<<<") { return target(depth: depth, isWritten: false) }
    if take("<<") { return false }
    if take("<&") || take(">&") {
      if let byte = current, (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") {
        while let byte = current, (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") { index += 1 }
        return true
      }
      return target(depth: depth, isWritten: true)
    }
    if take("&>>") || take("&>") || take(">>") || take(">|") || take("<>") || take(">") {
      return target(depth: depth, isWritten: true)
    }
    index += 1
    return target(depth: depth, isWritten: false)
  }

  private mutating func target(depth: Int, isWritten: Bool) -> Bool {
    skipSpace(andLines: false)
    guard let word = word(depth: depth) else { return false }
    // bash connects for these.
    if word.text.hasPrefix("/dev/tcp/") || word.text.hasPrefix("/dev/udp/") { return false }
    if !isWritten || ["/dev/null", "/dev/stdout", "/dev/stderr"].contains(word.text) { return true }
    targets.append(word)
    return true
  }

  // MARK: Words

  private mutating func word(depth: Int) -> ShellWord? {
    var word = ShellWord()
    var text: [UInt8] = []
    let begin = index
    while let byte = current {
      switch byte {
      case 0x20, 0x09, 0x0A, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ")"):
        return finished(word, text, begin)
      case UInt8(ascii: "<"), UInt8(ascii: ">"):
        guard peek(1) == UInt8(ascii: "(") else { return finished(word, text, begin) }
        index += 2
        word.hasExpansion = true
        guard list(until: UInt8(ascii: ")"), depth: depth + 1) else { return nil }
      case UInt8(ascii: "("): return nil
      case 0..<0x20, 0x7F: return nil
      case UInt8(ascii: "\\"):
        guard let next = peek(1) else { return nil }
        index += 2
        word.isQuoted = true
        if next != 0x0A { text.append(next) }
      case UInt8(ascii: "'"):
        word.isQuoted = true
        index += 1
        guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "'")) else { return nil }
        text += bytes[index..<end]
        index = end + 1
      case UInt8(ascii: "\""):
        word.isQuoted = true
        guard quoted(into: &word, &text, depth: depth) else { return nil }
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        guard expansion(into: &word, &text, depth: depth, isQuoted: false) else { return nil }
      default:
        if "*?[".utf8.contains(byte) { word.hasPattern = true }
        // `{a,b}` becomes two words; a lone brace is a keyword.
        if byte == UInt8(ascii: "{"), index > begin || (peek(1).map { $0 > 0x20 } ?? false) { word.hasExpansion = true }
        text.append(byte)
        index += 1
      }
    }
    return finished(word, text, begin)
  }

  private func finished(_ word: ShellWord, _ text: [UInt8], _ begin: Int) -> ShellWord? {
    guard index > begin else { return nil }
    var word = word
    word.text = String(decoding: text, as: UTF8.self)
    return word
  }

  private mutating func quoted(into word: inout ShellWord, _ text: inout [UInt8], depth: Int) -> Bool {
    index += 1
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return true
      case UInt8(ascii: "\\"):
        guard let next = peek(1) else { return false }
        if !"$`\"\\\n".utf8.contains(next) { text.append(byte) }
        if next != 0x0A { text.append(next) }
        index += 2
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        guard expansion(into: &word, &text, depth: depth, isQuoted: true) else { return false }
      default:
        text.append(byte)
        index += 1
      }
    }
    return false
  }

  private mutating func expansion(
    into word: inout ShellWord, _ text: inout [UInt8], depth: Int, isQuoted: Bool
  ) -> Bool {
    let begin = index
    defer { text += bytes[begin..<index] }
    if current == UInt8(ascii: "`") {
      word.hasExpansion = true
      return backquoted(depth: depth)
    }
    switch peek(1) {
    case UInt8(ascii: "("):
      guard peek(2) != UInt8(ascii: "(") else { return false }
      index += 2
      word.hasExpansion = true
      return list(until: UInt8(ascii: ")"), depth: depth + 1)
    case UInt8(ascii: "{"):
      word.hasExpansion = true
      guard let end = bytes[index...].firstIndex(of: UInt8(ascii: "}")) else { return false }
      let inside = bytes[(index + 2)..<end]
      guard !inside.contains(where: { "`$\\'\"{\n".utf8.contains($0) }) else { return false }
      index = end + 1
      return true
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      index += 1
      // Quotes with escapes of their own, unless they are the closing ones.
      return isQuoted
    case UInt8(ascii: "["): return false
    default:
      index += 1
      word.hasExpansion = true
      return true
    }
  }

  private mutating func backquoted(depth: Int) -> Bool {
    index += 1
    var inside: [UInt8] = []
    while let byte = current, byte != UInt8(ascii: "`") {
      if byte == UInt8(ascii: "\\"), let next = peek(1), "`\\$".utf8.contains(next) { index += 1 }
      inside.append(bytes[index])
      index += 1
    }
    guard current != nil else { return false }
    index += 1
    var parser = ShellParser(inside)
    guard parser.list(until: nil, depth: depth + 1), commands.count + parser.commands.count < ShellParser.mostCommands
    else { return false }
    commands += parser.commands
    targets += parser.targets
    return true
  }
}
