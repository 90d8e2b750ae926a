internal import Agents
import Jobs
internal import Models
import Synchronization

/// What an agent says and does, written into its job's log as it happens.
///
/// ```
/// [AGENT] Explore, anthropic/claude-haiku-5-5
/// I look for the callers first.
/// [TOOL] grep {"pattern":"openOutput"}
///   Sources/…
/// [TOOL] grep: 12 lines
/// There are three: …
/// ```
/// The markers are for readers; nothing is decided by them. Of a tool's answer the beginning is shown, each line behind two
/// blanks, so that no line of it can pass for one of ours. Words of the model are written line by line where secrets are
/// known, so that none passes in two halves.
///
/// Invariant: `answer` is where the words of the last turn stand, as long as nothing else was written between them.
final class AgentTranscript: Sendable {
  private struct State {
    /// Words of the model that are not written yet.
    var pending: [UInt8] = []
    /// Where the words of this turn begin, and whether nothing stands between them.
    var answer: Int?
    var isWhole = true
    /// The file ends in the middle of a line.
    var isMidLine = false
    var isThinking = false
    var hasSpoken = false
    var fault: SystemCallError?
  }

  /// How much of a tool's answer is shown.
  private static let shownLines = 12
  private static let shownBytes = 1_500
  /// So many words without a line break are written all the same.
  private static let longestPending = 4_096

  private let output: OutputFile
  private let redaction: @Sendable () -> Redaction
  private let state = Mutex(State())

  init(_ output: OutputFile, redaction: @escaping @Sendable () -> Redaction) {
    self.output = output
    self.redaction = redaction
  }

  /// What went wrong when it was written, if anything did.
  var fault: SystemCallError? { state.withLock { $0.fault } }

  /// Whether the model has said anything; what it said last is in the log then.
  var hasSpoken: Bool {
    state.withLock { state in
      flush(&state, all: true)
      return state.hasSpoken
    }
  }

  /// Where the words of the turn that was under way begin; nil if it had said nothing.
  var lastWords: Int? { state.withLock { $0.answer } }

  /// How long the log is.
  var size: Int { (try? output.size()) ?? 0 }

  /// A line of ours.
  func mark(_ name: String, _ text: String) {
    state.withLock { state in
      flush(&state, all: true)
      breakLine(&state)
      state.isWhole = false
      write(Array("[\(name)] \(AgentTranscript.line(redaction().text(text), limit: 2_000))\n".utf8), &state)
    }
  }

  /// Takes in what happened.
  func take(_ event: AgentEvent) {
    switch event {
    case .turnBegan: beginTurn()
    case .text(let text): say(text, isThought: false)
    case .thinking(let text): say(text, isThought: true)
    case .turnEnded: state.withLock { flush(&$0, all: true) }
    case .toolCalled(let call): mark("TOOL", "\(call.name) \(AgentTranscript.line(call.arguments, limit: 500))")
    case .toolAsks(let question):
      mark("ASK", "may it call \(question.tool) \(question.subject ?? "")? \(question.why)")
    case .toolProgress(_, let line): mark("TOOL", line)
    case .toolAnswered(let report): show(report)
    case .shortened(let report):
      mark(
        "CONTEXT",
        "shortened from about \(report.tokensBefore) to \(report.tokensAfter) tokens: \(report.cuts) texts cut, "
          + "\(report.turnsRemoved) turns taken out")
    case .steered(let text): mark("STEER", text)
    case .asksAgain(let why): mark("AGAIN", AgentTranscript.words(why))
    case .restarted(let model, _): mark("RESTART", "from the beginning with \(model)")
    case .lastTurn(let limit): mark("LIMIT", "the last turn: the limit of \(limit.rawValue) is reached")
    }
  }

  private static func words(_ why: AskingAgain) -> String {
    switch why {
    case .empty: "the answer was empty"
    case .schema(let problems): "the answer does not fit the schema: \(problems.prefix(3).joined(separator: "; "))"
    case .cutOff: "the answer was cut off, and goes on"
    case .paused: "the provider paused the turn"
    case .schemaInPrompt: "the provider does not take a schema beside tools"
    }
  }

  private func beginTurn() {
    state.withLock { state in
      flush(&state, all: true)
      state.answer = nil
      state.isWhole = true
    }
  }

  private func say(_ text: String, isThought: Bool) {
    state.withLock { state in
      if state.isThinking != isThought {
        flush(&state, all: true)
        breakLine(&state)
        state.isThinking = isThought
        if isThought {
          if state.answer != nil { state.isWhole = false }
          write(Array("[THINKING]\n".utf8), &state)
        } else if state.answer == nil {
          // Else the thoughts would seem to go on.
          write(Array("[SAYS]\n".utf8), &state)
        }
      } else if state.answer == nil, !isThought {
        breakLine(&state)
      }
      if !isThought, state.answer == nil { state.answer = end() }
      state.hasSpoken = true
      state.pending += Array(text.utf8)
      flush(&state, all: redaction().isEmpty)
    }
  }

  private func show(_ report: ToolReport) {
    let text = redaction().text(report.result.text)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var shown = ""
    for line in lines.prefix(AgentTranscript.shownLines) where shown.utf8.count < AgentTranscript.shownBytes {
      shown += "  " + AgentTranscript.line(String(line), limit: 300) + "\n"
    }
    let size = lines.count == 1 ? "\(text.utf8.count) bytes" : "\(lines.count) lines"
    let word = report.result.isError ? report.didRun ? "failed" : "refused" : size
    state.withLock { state in
      flush(&state, all: true)
      breakLine(&state)
      state.isWhole = false
      write(Array(shown.utf8), &state)
      write(Array("[TOOL] \(AgentTranscript.line(report.call.name, limit: 100)): \(word)\n".utf8), &state)
    }
  }

  /// Where the answer stands. Where it does not stand there in one piece, it is written once more.
  func answer(_ text: String) -> OutputExtent {
    state.withLock { state in
      flush(&state, all: true)
      let bytes = redaction().bytes(Array(text.utf8))
      if state.isWhole, let start = state.answer, let said = try? output.read(from: start, count: bytes.count + 1),
        said == bytes
      {
        return OutputExtent(start: start, end: start + bytes.count)
      }
      breakLine(&state)
      write(Array("[ANSWER]\n".utf8), &state)
      let start = end()
      write(bytes, &state)
      return OutputExtent(start: start, end: end())
    }
  }

  // MARK: Writing

  private func end() -> Int { (try? output.size()) ?? 0 }

  private func flush(_ state: inout State, all: Bool) {
    guard !state.pending.isEmpty else { return }
    var count = state.pending.count
    if !all, count < AgentTranscript.longestPending {
      guard let newline = state.pending.lastIndex(of: 0x0A) else { return }
      count = newline + 1
    }
    let bytes = Array(state.pending[..<count])
    state.pending.removeFirst(count)
    write(redaction().bytes(bytes), &state)
  }

  private func breakLine(_ state: inout State) {
    if state.isMidLine { write([0x0A], &state) }
  }

  private func write(_ bytes: [UInt8], _ state: inout State) {
    guard !bytes.isEmpty, state.fault == nil else { return }
    do throws(SystemCallError) {
      try output.append(bytes)
      state.isMidLine = bytes.last != 0x0A
    } catch { state.fault = error }
  }

  private static func line(_ text: String, limit: Int) -> String { Escaping.line(text, limit: limit) }
}
