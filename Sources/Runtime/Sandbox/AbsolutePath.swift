/// An absolute path without empty, `.` and `..` components. Compared by its bytes: the file system knows no equivalence of
/// characters.
struct AbsolutePath: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The path, as `/usr/bin`.
  let text: String

  /// The root folder.
  static let root = AbsolutePath(trusted: "/")

  private init(trusted text: String) { self.text = text }

  /// A path, absolute or relative to `base`; `..` is taken by its text.
  init(_ path: String, from base: AbsolutePath = .root) {
    var parts: [Substring] = []
    for part in (path.hasPrefix("/") ? path : base.text + "/" + path).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    text = "/" + parts.joined(separator: "/")
  }

  /// The names from the root on.
  var components: [Substring] { text.split(separator: "/") }

  /// The folder that holds it; of the root the root.
  var parent: AbsolutePath {
    guard let slash = text.lastIndex(of: "/"), slash != text.startIndex else { return .root }
    return AbsolutePath(trusted: String(text[..<slash]))
  }

  /// The last name; empty for the root.
  var name: String { components.last.map { String($0) } ?? "" }

  /// The folder's entry of that name, which has no slash.
  func appending(_ name: some StringProtocol) -> AbsolutePath {
    AbsolutePath(trusted: self == .root ? "/\(name)" : "\(text)/\(name)")
  }

  /// Whether it is the folder or below it.
  func isInside(_ folder: AbsolutePath) -> Bool {
    if folder == .root || self == folder { return true }
    return text.utf8.starts(with: folder.text.utf8)
      && text.utf8.dropFirst(folder.text.utf8.count).first == UInt8(ascii: "/")
  }

  var description: String { text }

  static func == (a: AbsolutePath, b: AbsolutePath) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

  func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }

  /// A folder comes before what is in it.
  static func < (a: AbsolutePath, b: AbsolutePath) -> Bool {
    a.components.lexicographicallyPrecedes(b.components) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
