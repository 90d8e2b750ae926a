/// A text in which results of other tasks stand, as `{{needs.api.output}}`.
///
/// Everything else between double braces is left as it is, since other programs have templates too.
struct NeedsTemplate: Sendable, Hashable {
  /// What stands for a result's part.
  struct Reference: Sendable, Hashable {
    /// The key of the task.
    let task: String
    /// The field of its result, see `fields`.
    let field: String
    /// For `data`: the way into the value.
    let path: [String]

    /// As it was written.
    var text: String { "{{needs." + ([task, field] + path).joined(separator: ".") + "}}" }
  }

  enum Piece: Sendable, Hashable {
    case text(String)
    case reference(Reference)
  }

  /// The parts of a result that may be named.
  static let fields = [
    "output", "data", "status", "reason", "exit_code", "error", "output_file", "duration_ms", "success",
  ]

  let pieces: [Piece]

  /// The references, in their order.
  var references: [Reference] {
    pieces.compactMap { if case .reference(let reference) = $0 { reference } else { nil } }
  }

  /// Reads a text; nil if no result is named in it. `keys` are the tasks that may be named: a key may hold dots. Throws
  /// one sentence for a reference that names no task of these or no field.
  init?(_ text: String, keys: [String]) throws(NeedsError) {
    var pieces: [Piece] = []
    var rest = Substring(text)
    while let start = rest.firstRange(of: "{{") {
      let inside = rest[start.upperBound...]
      guard let end = inside.firstRange(of: "}}") else { break }
      let name = inside[..<end.lowerBound].trimmed
      guard name.hasPrefix("needs.") else {
        pieces.append(.text(String(rest[..<start.upperBound])))
        rest = inside
        continue
      }
      pieces.append(.text(String(rest[..<start.lowerBound])))
      pieces.append(.reference(try NeedsTemplate.reference(String(name.dropFirst(6)), keys: keys)))
      rest = inside[end.upperBound...]
    }
    pieces.append(.text(String(rest)))
    self.pieces = pieces.filter { $0 != .text("") }
    if references.isEmpty { return nil }
  }

  private static func reference(_ name: String, keys: [String]) throws(NeedsError) -> Reference {
    // The longest key that fits: one may be the beginning of another.
    guard let key = keys.filter({ name.hasPrefix($0 + ".") }).max(by: { $0.utf8.count < $1.utf8.count }) else {
      throw .noDependency(name, keys)
    }
    let words = name.dropFirst(key.count + 1).split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard let field = words.first, fields.contains(field), field == "data" || words.count == 1, !words.contains("")
    else { throw .noField(name, words.joined(separator: ".")) }
    return Reference(task: key, field: field, path: Array(words.dropFirst()))
  }

  /// The text with each reference replaced.
  func filled(_ value: (Reference) -> String) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .reference(let reference): value(reference)
      }
    }.joined()
  }

  /// The first reference that stands where a shell would not see it as a word of its own, or part of one: inside quotes.
  /// There its value could not be told from the line around it.
  var quotedReference: Reference? {
    var quote: Character?
    var isEscaped = false
    for piece in pieces {
      switch piece {
      case .reference(let reference): if quote != nil || isEscaped { return reference }
      case .text(let text):
        for character in text {
          if isEscaped {
            isEscaped = false
          } else if character == "\\", quote != "'" {
            isEscaped = true
          } else if character == quote {
            quote = nil
          } else if quote == nil, character == "'" || character == "\"" {
            quote = character
          }
        }
      }
    }
    return nil
  }
}

/// What is wrong with a reference: one sentence.
enum NeedsError: Error, Sendable, Hashable, CustomStringConvertible {
  case noDependency(String, [String])
  case noField(String, String)
  case quoted(String)

  var description: String {
    switch self {
    case .noDependency(let name, let keys):
      "{{needs.\(name)}} names no dependency of the task ("
        + (keys.isEmpty ? "it has none" : "it has " + keys.map { "'\($0)'" }.joined(separator: ", ")) + ")"
    case .noField(let name, let field):
      "{{needs.\(name)}}: '\(field)' is no part of a result; there are " + NeedsTemplate.fields.joined(separator: ", ")
    case .quoted(let text):
      "\(text) stands inside quotes; leave the quotes out: its value becomes one word of the command by itself"
    }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = self
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return text
  }
}
