internal import CLineEditor
import Jobs
import Runtime
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Puts a run's questions to whoever sits at its terminal, one after the other, and reads the answers.
///
/// A thread of its own reads standard input, from the first question on and only while one is shown. What others write
/// meanwhile comes above the line that is being typed. A script that reads standard input itself at the same time shares
/// it with the questions.
final class QuestionDesk: Sendable {
  private struct Item {
    let decision: DecisionRecord
    let answer: @Sendable (String) -> AnswerVerdict
  }

  private struct State {
    var items: [Item] = []
    /// Settled while it was shown.
    var closed: DecisionID?
    var hasThread = false
  }

  /// How long a question that was settled elsewhere may stay on the screen, in milliseconds.
  private static let period: Int32 = 100

  private let display: ProgressDisplay
  private let editor: LineEditor?
  private let state = Mutex(State())

  /// A desk where standard input and standard error are a terminal; else nil. `editor` is the prompt's, if there is one:
  /// while it reads, nothing is asked.
  static func atTerminal(_ display: ProgressDisplay, editor: LineEditor?) -> QuestionDesk? {
    isatty(0) == 1 && StandardStream.error.isTerminal ? QuestionDesk(display, editor) : nil
  }

  private init(_ display: ProgressDisplay, _ editor: LineEditor?) {
    self.display = display
    self.editor = editor
  }

  /// What the run needs of it.
  var window: QuestionWindow {
    QuestionWindow(open: { self.open($0, $1) }, close: { self.close($0.id) })
  }

  private func open(_ decision: DecisionRecord, _ answer: @escaping @Sendable (String) -> AnswerVerdict) {
    let needsThread = state.withLock { state in
      state.items.append(Item(decision: decision, answer: answer))
      defer { state.hasThread = true }
      return !state.hasThread
    }
    if needsThread { startThread() }
  }

  private func close(_ id: DecisionID) {
    state.withLock { state in
      if state.items.first?.decision.id == id { state.closed = id }
      state.items.removeAll { $0.decision.id == id }
    }
  }

  // MARK: the thread

  private func startThread() {
    let context = Unmanaged.passRetained(self).toOpaque()
    let error = cline_start_thread(
      { context in
        guard let context else { return }
        Unmanaged<QuestionDesk>.fromOpaque(context).takeRetainedValue().work()
      }, context)
    guard error != 0 else { return }
    Unmanaged<QuestionDesk>.fromOpaque(context).release()
    let items = state.withLock { state in
      state.hasThread = false
      defer { state.items = [] }
      return state.items
    }
    for item in items { display.say("agentscript: \(Self.elsewhere(item.decision))") }
  }

  private func work() {
    while true {
      let item = state.withLock { state in
        state.closed = nil
        if state.items.isEmpty { state.hasThread = false }
        return state.items.first
      }
      guard let item else { return }
      put(item)
      state.withLock { state in state.items.removeAll { $0.decision.id == item.decision.id } }
    }
  }

  /// Shows one question until it is settled, here or elsewhere.
  private func put(_ item: Item) {
    var isShown = false
    var line: [UInt8] = []
    while state.withLock({ $0.closed == nil }) {
      guard mayRead else {
        isShown = false
        poll(nil, 0, Self.period)
        continue
      }
      if !isShown { display.prompt(Self.lines(of: item.decision), Self.invitation(item.decision)) }
      isShown = true
      switch Self.read(into: &line) {
      case .nothing: continue
      case .end:
        display.endPrompt()
        return display.say("agentscript: \(Self.elsewhere(item.decision))")
      case .line:
        display.endPrompt()
        let text = String(decoding: line, as: UTF8.self)
        line = []
        switch item.answer(text) {
        case .taken, .late: return
        case .refused(let why):
          display.prompt([TerminalText.line(why)], Self.invitation(item.decision))
        }
      }
    }
    if isShown { display.abandonPrompt() }
  }

  /// Only the terminal's foreground may read, and only where the prompt does not.
  private var mayRead: Bool { editor?.isReading != true && tcgetpgrp(0) == getpgrp() }

  private enum Reading { case nothing, line, end }

  /// Waits a moment for input. On `.line`, `line` is whole, without its end.
  private static func read(into line: inout [UInt8]) -> Reading {
    var input = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&input, 1, period) > 0 else { return .nothing }
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = readInput(&chunk)
    if count < 0 { return errno == EINTR || errno == EAGAIN ? .nothing : .end }
    if count == 0 { return .end }
    line += chunk[..<count]
    // One line is one answer; what was typed further is for nobody.
    guard let end = line.firstIndex(of: UInt8(ascii: "\n")) else { return .nothing }
    line.removeSubrange(end...)
    return .line
  }

  // MARK: words

  private static func lines(of decision: DecisionRecord) -> [String] {
    let question = TerminalText.block(decision.question).split(separator: "\n", omittingEmptySubsequences: true)
    var lines = question.enumerated().map { ($0 == 0 ? "? " : "  ") + $1 }
    for (index, option) in decision.options.enumerated() {
      let mark = option == decision.defaultAnswer ? "  (default)" : ""
      lines.append("  \(index + 1)  \(TerminalText.line(option))\(mark)")
    }
    if !decision.blocking.isEmpty {
      lines.append("  blocks \(decision.blocking.map { TerminalText.line($0) }.joined(separator: ", "))")
    }
    return lines
  }

  private static func invitation(_ decision: DecisionRecord) -> String {
    let range = decision.options.isEmpty ? "" : " (1-\(decision.options.count))"
    let usual = decision.defaultAnswer.map { ", Enter for '\(TextWidth.fitted(TerminalText.line($0), to: 30))'" } ?? ""
    return "  answer\(range)\(usual): "
  }

  private static func elsewhere(_ decision: DecisionRecord) -> String {
    "'\(TerminalText.line(decision.question))' waits; answer with: agentscript answer \(decision.id) TEXT"
  }
}

// The name would be taken for the method otherwise.
private func readInput(_ chunk: inout [UInt8]) -> Int { read(0, &chunk, chunk.count) }
