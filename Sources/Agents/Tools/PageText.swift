/// Readable text of a page in HTML: words, headings, lists, links; no scripts, styles and layout. Pure, in linear time, and never
/// wrong enough to fail: what is no HTML comes out as it is.
struct PageText {
  private let bytes: [UInt8]
  private var index = 0
  private var output: [UInt8] = []
  /// Line ends that are owed before the next word.
  private var breaks = 0
  private var hasSpace = false
  private var preformatted = 0
  private var links: [(start: Int, target: [UInt8])] = []

  static func text(html: String) -> String {
    var page = PageText(bytes: Array(html.utf8))
    page.run()
    return String(decoding: page.output, as: UTF8.self)
  }

  /// The page's characters: as UTF-8 unless the type names one of the western encodings.
  static func decoded(_ bytes: [UInt8], contentType: String) -> String {
    let type = contentType.lowercased()
    guard type.contains("iso-8859-1") || type.contains("windows-1252") || type.contains("latin1") else {
      return String(decoding: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...], as: UTF8.self)
    }
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func run() {
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: "<") {
        markup()
      } else if byte == UInt8(ascii: "&") {
        entity()
      } else {
        index += 1
        character(byte)
      }
    }
    while output.last == 0x0A || output.last == 0x20 { output.removeLast() }
  }

  // MARK: Text

  private mutating func character(_ byte: UInt8) {
    if preformatted > 0, byte == 0x0A || byte == 0x20 || byte == 0x09 {
      settle()
      return output.append(byte)
    }
    if byte <= 0x20 {
      hasSpace = true
      return
    }
    settle()
    output.append(byte)
  }

  /// Writes what is owed before the next word.
  private mutating func settle() {
    if breaks > 0 {
      if !output.isEmpty { output += [UInt8](repeating: 0x0A, count: min(breaks, 2)) }
    } else if hasSpace, let last = output.last, last != 0x20, last != 0x0A {
      output.append(0x20)
    }
    breaks = 0
    hasSpace = false
  }

  private mutating func line(_ count: Int) {
    breaks = max(breaks, count)
    hasSpace = false
  }

  private mutating func write(_ text: String) {
    settle()
    output += text.utf8
  }

  private mutating func entity() {
    let end = bytes[index...].prefix(12).firstIndex(of: UInt8(ascii: ";"))
    guard let end, let scalar = PageText.scalar(bytes[(index + 1)..<end]) else {
      index += 1
      return character(UInt8(ascii: "&"))
    }
    index = end + 1
    if scalar.value == 0xA0 || scalar.value <= 0x20 { return character(0x20) }
    write(String(Character(scalar)))
  }

  private static func scalar(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
    if name.first == UInt8(ascii: "#") {
      let isHexadecimal = name.dropFirst().first.map { $0 | 0x20 } == UInt8(ascii: "x")
      let digits = name.dropFirst(isHexadecimal ? 2 : 1)
      guard !digits.isEmpty, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
        return nil
      }
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: isHexadecimal ? 16 : 10)
      return value.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) } ?? "\u{FFFD}"
    }
    return names[String(decoding: name, as: UTF8.self)]
  }

  private static let names: [String: Unicode.Scalar] = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "mdash": "—", "ndash": "–",
    "hellip": "…", "copy": "©", "reg": "®", "trade": "™", "laquo": "«", "raquo": "»", "lsquo": "‘", "rsquo": "’",
    "ldquo": "“", "rdquo": "”", "bull": "•", "middot": "·", "deg": "°", "times": "×", "rarr": "→", "larr": "←",
    "auml": "ä",
    "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß", "eacute": "é", "egrave": "è",
    "agrave": "à",
    "ccedil": "ç", "euro": "€", "pound": "£", "yen": "¥", "sect": "§", "para": "¶", "shy": "\u{AD}", "zwnj": "\u{200C}",
  ]

  // MARK: Markup

  private mutating func markup() {
    let rest = bytes[index...]
    if rest.starts(with: "<!--".utf8) { return skip(past: "-->") }
    guard let next = rest.dropFirst().first else {
      index += 1
      return character(UInt8(ascii: "<"))
    }
    if next == UInt8(ascii: "!") || next == UInt8(ascii: "?") { return skip(past: ">") }
    let isEnd = next == UInt8(ascii: "/")
    let nameBytes = rest.dropFirst(isEnd ? 2 : 1).prefix { PageText.isNameByte($0) }
    guard let first = nameBytes.first, (0x61...0x7A).contains(first | 0x20) else {
      index += 1
      return character(UInt8(ascii: "<"))
    }
    let name = String(decoding: nameBytes.prefix(20).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    index = nameBytes.endIndex
    let target = attributes(wanted: name == "a" && !isEnd ? "href" : name == "img" ? "alt" : nil)
    if isEnd { ended(name) } else { began(name, target) }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
  }

  private mutating func skip(past end: StaticString) {
    let wanted = Array(UnsafeBufferPointer(start: end.utf8Start, count: end.utf8CodeUnitCount))
    while index < bytes.count, !bytes[index...].starts(with: wanted) { index += 1 }
    index = min(bytes.count, index + wanted.count)
  }

  /// Goes behind the tag; gives back the value of the attribute that is wanted.
  private mutating func attributes(wanted: String?) -> [UInt8]? {
    var found: [UInt8]?
    while index < bytes.count {
      let byte = bytes[index]
      if byte == UInt8(ascii: ">") {
        index += 1
        break
      }
      guard PageText.isNameByte(byte) else {
        index += 1
        continue
      }
      let name = bytes[index...].prefix {
        PageText.isNameByte($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "_")
      }
      index = name.endIndex
      let value = attributeValue()
      if let wanted, found == nil, name.map({ $0 | 0x20 }).elementsEqual(wanted.utf8) { found = value }
    }
    return found
  }

  private mutating func attributeValue() -> [UInt8] {
    while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return [] }
    index += 1
    while index < bytes.count, bytes[index] <= 0x20 { index += 1 }
    guard index < bytes.count else { return [] }
    let quote = bytes[index]
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      index += 1
      let value = bytes[index...].prefix { $0 != quote }
      index = min(bytes.count, value.endIndex + 1)
      return Array(value)
    }
    let value = bytes[index...].prefix { $0 > 0x20 && $0 != UInt8(ascii: ">") }
    index = value.endIndex
    return Array(value)
  }

  private static let silent: Set<String> = [
    "script", "style", "noscript", "template", "svg", "iframe", "object", "math",
  ]
  private static let blocks: Set<String> = [
    "p", "div", "section", "article", "header", "footer", "main", "nav", "aside", "ul", "ol", "table", "blockquote",
    "form",
    "dl", "figure", "title", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "details",
  ]
  private static let lines: Set<String> = ["br", "tr", "dt", "dd", "option", "summary", "figcaption", "hr", "li"]

  private mutating func began(_ name: String, _ value: [UInt8]?) {
    if PageText.silent.contains(name) { return skipElement(name) }
    if PageText.blocks.contains(name) { line(2) } else if PageText.lines.contains(name) { line(1) }
    switch name {
    case "li": write("- ")
    case "h1", "h2", "h3", "h4", "h5", "h6":
      write(String(repeating: "#", count: Int(name.utf8.last ?? 0x31) - 0x30) + " ")
    case "td", "th": hasSpace = true
    case "pre": preformatted += 1
    case "a":
      // What is owed comes before the link.
      if let value, PageText.isWorthTelling(value), links.count < 50 {
        settle()
        links.append((output.count, value))
        output.append(UInt8(ascii: "["))
      }
    case "img": if let value, !value.isEmpty { write("[" + String(decoding: value.prefix(200), as: UTF8.self) + "]") }
    default: break
    }
  }

  private mutating func ended(_ name: String) {
    switch name {
    case "pre": preformatted = max(0, preformatted - 1)
    case "a":
      if let link = links.popLast() {
        if output.count == link.start + 1 {
          output.removeLast()
        } else {
          output += "](".utf8
          output += link.target
          output.append(UInt8(ascii: ")"))
        }
      }
    default: break
    }
    if PageText.blocks.contains(name) { line(2) } else if PageText.lines.contains(name) { line(1) }
  }

  private static func isWorthTelling(_ target: [UInt8]) -> Bool {
    guard !target.isEmpty, target.count <= 300, target.first != UInt8(ascii: "#") else { return false }
    let start = target.prefix(12).map { $0 | 0x20 }
    return !start.starts(with: "javascript:".utf8) && !start.starts(with: "data:".utf8)
      && target.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }

  /// Goes behind the end of an element whose content is no text.
  private mutating func skipElement(_ name: String) {
    while index < bytes.count {
      guard let next = bytes[index...].firstIndex(of: UInt8(ascii: "<")) else { break }
      index = next + 1
      let rest = bytes[index...]
      guard rest.first == UInt8(ascii: "/"),
        rest.dropFirst().prefix(name.utf8.count).map({ $0 | 0x20 }).elementsEqual(name.utf8)
      else { continue }
      index += 1 + name.utf8.count
      _ = attributes(wanted: nil)
      return
    }
    index = bytes.count
  }
}
