import WireText

/// A question that a run asks a person, and what became of it.
public struct DecisionRecord: Sendable, Hashable {
  /// Where a decision stands. The raw values are the words that files and the command line show.
  public enum Status: String, Sendable, CaseIterable, Hashable {
    /// Nobody has answered.
    case open
    /// A person has.
    case answered
    /// Nobody did in time, and the default counts.
    case `default`
    /// Nobody waits for an answer any more.
    case withdrawn
  }

  /// Its name in the registry.
  public let id: DecisionID
  /// The run that asks.
  public let run: RunID
  /// The job whose function asks.
  public var job: JobID?
  /// Where the script asks, as `deploy.lua:14`.
  public var origin: String?
  /// What is asked.
  public let question: String
  /// What can be answered; empty for any text.
  public var options: [String] = []
  /// What counts when nobody answers in time.
  public var defaultAnswer: String?
  /// What cannot go on before the answer, as the script names it.
  public var blocking: [String] = []
  /// When it was asked.
  public let askedAt: Timestamp
  /// When the default counts, or the question lapses.
  public var dueAt: Timestamp?
  /// Whether the run has ended and left the question open.
  public internal(set) var isParked = false
  /// Where it stands.
  public internal(set) var status = Status.open
  /// When it was settled.
  public internal(set) var answeredAt: Timestamp?
  /// What counts.
  public internal(set) var answer: String?
  /// Who answered: `terminal`, `cli`, or what else took it.
  public internal(set) var answeredBy: String?

  /// A question that is about to be asked.
  public init(
    id: DecisionID = .random(), run: RunID, question: String, askedAt: Timestamp = .now()
  ) {
    self.id = id
    self.run = run
    self.question = question
    self.askedAt = askedAt
  }

  /// Why a text is no answer to this question: one sentence.
  public struct Refusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence.
    public let description: String
  }

  /// What somebody means who gives this text as the answer: an option by its text or its number from 1, else any text.
  /// Nothing but white space means the default.
  public func meaning(of text: String) throws(Refusal) -> String {
    let trimmed = DecisionRecord.trimmed(text)
    if trimmed.isEmpty {
      guard let defaultAnswer else { throw Refusal(description: "an answer is needed") }
      return defaultAnswer
    }
    if options.isEmpty || options.contains(trimmed) { return trimmed }
    if let number = Int(trimmed), options.indices.contains(number - 1) { return options[number - 1] }
    let alike = options.filter { $0.lowercased() == trimmed.lowercased() }
    if alike.count == 1 { return alike[0] }
    let known = options.enumerated().map { "\($0 + 1) \($1)" }.joined(separator: ", ")
    throw Refusal(description: "'\(trimmed)' is none of the options; there are \(known)")
  }

  private static func trimmed(_ text: String) -> String {
    let body = text.drop(while: \.isWhitespace)
    return String(body[..<(body.lastIndex { !$0.isWhitespace }.map { body.index(after: $0) } ?? body.startIndex)])
  }

  /// The decision as JSON.
  public func json(pretty: Bool = true) -> String {
    var writer = JSONWriter(isPretty: pretty)
    write(to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  func write(to writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("id", id.rawValue)
      writer.field("question", question)
      writer.field("options", options)
      writer.field("blocking", blocking)
      writer.field("default", defaultAnswer)
      writer.field("status", status.rawValue)
      writer.field("run", run.rawValue)
      writer.field("job", job?.rawValue)
      writer.field("origin", origin)
      writer.field("asked_at", askedAt)
      writer.field("due_at", dueAt)
      writer.key("parked")
      writer.bool(isParked)
      writer.field("answer", answer)
      writer.field("answered_at", answeredAt)
      writer.field("answered_by", answeredBy)
    }
  }
}
