/// What git says, in `LC_ALL=C`, as far as it is understood.
enum GitTalk {
  /// The paths of an output of `-z`.
  static func paths(in output: [UInt8]) -> [[UInt8]] { output.split(separator: 0).map { Array($0) } }

  /// A path for sentences and records.
  static func text(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }

  /// The reason for a failure, without the prefix and without what would move a terminal's cursor; nil if it said nothing.
  static func complaint(in talk: String) -> String? {
    let lines = talk.split(whereSeparator: \.isNewline).map { $0.drop(while: \.isWhitespace) }.filter { !$0.isEmpty }
    let prefixes = ["fatal: ", "error: "]
    let telling = prefixes.lazy.compactMap { prefix in lines.first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count) }
    return (telling.first ?? lines.last).map { Escaping.line(String($0)) }
  }

  /// Whether somebody else holds a lock, who may give it back.
  static func tellsOfLock(_ talk: String) -> Bool {
    (talk.contains(".lock'") && talk.contains("File exists"))
      || talk.contains("Another git process seems to be running")
      || (talk.contains("cannot lock ref") && talk.contains("File exists"))
  }

  /// The files of the user's that a checkout would have overwritten: git lists them with a tab before each.
  static func filesInTheWay(_ talk: String) -> [String] {
    guard talk.contains("would be overwritten") || talk.contains("would be removed") || talk.contains("not uptodate")
    else { return [] }
    var files: [String] = []
    for line in talk.split(separator: "\n") where line.hasPrefix("\t") {
      let file = String(line.dropFirst())
      if !files.contains(file) { files.append(file) }
    }
    return files
  }

  /// The numbers of `git version 2.39.5 (Apple Git-154)`; nil for something else.
  static func version(in text: String) -> (major: Int, minor: Int)? {
    guard let words = text.split(separator: " ").dropFirst(2).first else { return nil }
    let numbers = words.split(separator: ".").prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }
}

/// How long a call of git is repeated while somebody else holds a lock, as a pure state machine.
struct GitPatience: Sendable {
  private static let limit = Duration.seconds(10)
  private static let longestPause = Duration.milliseconds(500)
  private var pause = Duration.milliseconds(20)
  private var waited = Duration.zero

  /// The time to wait before the next try; nil once it has been tried long enough.
  mutating func next() -> Duration? {
    guard waited < GitPatience.limit else { return nil }
    defer { pause = min(pause * 2, GitPatience.longestPause) }
    waited += pause
    return pause
  }
}
