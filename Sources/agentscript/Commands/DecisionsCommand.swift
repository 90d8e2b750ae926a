internal import ArgumentParser
import Jobs
import Runtime

/// `agentscript decisions`: what runs ask people.
struct DecisionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions",
    abstract: "Lists the questions of runs that wait for a person.",
    discussion: """
      Examples:
        agentscript decisions
        agentscript decisions --all --json
      """)

  @Flag(name: .shortAndLong, help: "The settled ones too, the latest last.")
  var all = false

  @Flag(help: "The decisions as a JSON list.")
  var json = false

  func run() throws {
    guard let desk = try JobDesk.open() else {
      if json { try JSONOutput.write(list: []) }
      StandardStream.error.talk("agentscript: \(try JobDesk.nothingYet())\n")
      return
    }
    try DecisionList.write(from: desk, all: all, json: json)
  }
}

/// `agentscript answer`: answers one of them.
struct AnswerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "answer",
    abstract: "Answers a question of a run; the first answer counts.",
    usage: """
      agentscript answer ID TEXT
      agentscript answer --list
      """,
    discussion: """
      TEXT is one of the question's options, or its number; any text where it has none. The beginning of an id is enough \
      where it begins no other.

      Examples:
        agentscript answer --list
        agentscript answer d-3kx9q2 "Skip and continue"
      """)

  @Flag(help: "List the questions that wait.")
  var list = false

  @Flag(help: "The decision as JSON; with --list the list.")
  var json = false

  @Argument(help: ArgumentHelp("The decision.", valueName: "id"), completion: .decisionID)
  var id: String?

  @Argument(help: ArgumentHelp("The answer; several words are one answer.", valueName: "text"))
  var words: [String] = []

  func validate() throws {
    if list, id != nil { throw ValidationError("--list takes no id") }
    guard !list else { return }
    guard id != nil else { throw ValidationError("answer needs an ID and a TEXT, or --list") }
    if words.isEmpty { throw ValidationError("answer needs a TEXT behind the ID") }
  }

  func run() throws {
    let desk = try JobDesk.required()
    guard let id else { return try DecisionList.write(from: desk, all: false, json: json) }
    let decision = try desk.decision(id)
    let registry = try desk.writing()
    defer { registry.close() }
    let text = try KnownSecrets.redaction().text(words.joined(separator: " "))
    switch AnswerVerdict.of(text, to: decision, in: registry, by: "cli") {
    case .taken(let record):
      if json { return try JSONOutput.write(record.json()) }
      try StandardStream.output.write("\(record.id)  \(TerminalText.line(record.answer ?? ""))\n")
      if record.isParked {
        StandardStream.error.talk(
          "agentscript: run \(record.run) was parked; the answer is kept for resuming it, which this version cannot do yet\n"
        )
      }
    case .refused(let why): throw CommandFailure(message: TerminalText.line(why), status: .usage)
    case .late(let record): throw CommandFailure.failed("too late: \(DecisionList.fate(record, now: .now()))")
    }
  }
}

/// Decisions as people see them.
enum DecisionList {
  static func write(from desk: JobDesk, all: Bool, json: Bool) throws {
    var decisions = try desk.registry.decisions(open: true)
    if all { decisions = try desk.registry.decisions(open: false).reversed() + decisions }
    if json { return try JSONOutput.write(list: decisions.map { $0.json() }) }
    guard !decisions.isEmpty else { return StandardStream.error.talk("agentscript: nothing waits for a person\n") }
    let palette = Palette(isColored: StandardStream.output.wantsColor)
    try StandardStream.output.write(decisions.flatMap { lines($0, palette, now: .now()) }.map { $0 + "\n" }.joined())
  }

  private static func lines(_ decision: DecisionRecord, _ palette: Palette, now: Timestamp) -> [String] {
    let question = TerminalText.line(decision.question)
    var lines = ["\(palette.bold(decision.id.rawValue))  \(question)"]
    for (index, option) in decision.options.enumerated() {
      let mark = option == decision.defaultAnswer ? "  (default)" : ""
      lines.append("  \(index + 1)  \(TerminalText.line(option))\(mark)")
    }
    let asker = decision.job?.rawValue ?? decision.origin ?? ""
    var about = ["asked \(ago(decision.askedAt, now)) by \(TerminalText.line(decision.run.rawValue + " " + asker))"]
    if !decision.blocking.isEmpty {
      about.append("blocks \(decision.blocking.map { TerminalText.line($0) }.joined(separator: ", "))")
    }
    if decision.options.isEmpty, let usual = decision.defaultAnswer {
      about.append("default '\(TerminalText.line(usual))'")
    }
    if decision.isParked { about.append("parked") }
    if decision.status != .open { about = [fate(decision, now: now)] }
    lines.append("  " + palette.dim(about.joined(separator: ", ")))
    return lines
  }

  /// What became of a settled decision.
  static func fate(_ decision: DecisionRecord, now: Timestamp) -> String {
    let when = decision.answeredAt.map { ", \(ago($0, now))" } ?? ""
    let answer = TerminalText.line(decision.answer ?? "")
    let by = TerminalText.line(decision.answeredBy ?? "its run")
    switch decision.status {
    case .open: return "it is open"
    case .answered: return "\(decision.id) was answered with '\(answer)' (\(by)\(when))"
    case .default: return "\(decision.id) was settled by its default '\(answer)' (\(by)\(when))"
    case .withdrawn: return "nobody waits for the answer to \(decision.id) any more (\(by)\(when))"
    }
  }

  private static func ago(_ time: Timestamp, _ now: Timestamp) -> String {
    DurationText.ago(milliseconds: Int(clamping: now.milliseconds - time.milliseconds))
  }
}

extension JobDesk {
  /// The decision that a word names: an id, or the beginning of the id of exactly one that is open.
  func decision(_ word: String) throws -> DecisionRecord {
    if let id = DecisionID(word), let decision = try registry.decision(id) { return decision }
    let open = try registry.decisions(open: true)
    let candidates = open.filter { $0.id.rawValue.hasPrefix(word) }
    if candidates.count == 1 { return candidates[0] }
    let shown = TerminalText.line(word)
    if candidates.count > 1 {
      throw CommandFailure.failed("'\(shown)' begins the ids of \(candidates.count) decisions")
    }
    let near = NearMiss.best(for: word, among: open.map(\.id.rawValue)).map { "did you mean \($0)?" }
    throw CommandFailure.failed(
      "there is no decision '\(shown)'; \(near ?? "'agentscript decisions' lists those that wait")")
  }
}

extension CompletionKind {
  /// The ids of the decisions that wait.
  static var decisionID: CompletionKind {
    .custom { _, _, _ in
      // Completion has nowhere to tell an error: then it offers nothing.
      guard let desk = try? JobDesk.open(), let open = try? desk.registry.decisions(open: true) else { return [] }
      return open.map(\.id.rawValue)
    }
  }
}
