internal import CLineEditor
import Dispatch
import Jobs
import Runtime
import Synchronization

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Writes the progress of a run to standard error while it goes on.
///
/// - Lines that stay are written whole, in the order of `note`. On a terminal there is also one status line below the
///   cursor; it is drawn at most ten times a second, and only between `show` and `hide`.
/// - Between `show` and `hide` a thread of the display's own writes, which the first job starts. From `hide` on `note`
///   writes at once: whoever writes after it comes after it on the screen too.
/// - The cursor stays where others left it, in the middle of a line too: on a terminal, lines that stay are put in above
///   the cursor's.
final class ProgressDisplay: Sendable {
  /// What is shown.
  enum Form: Hashable, Sendable {
    case terminal
    case plain
    case quiet

    /// What fits standard error: a status line on a terminal, plain lines elsewhere.
    static func suited(to stream: StandardStream, isQuiet: Bool) -> Form {
      isQuiet ? .quiet : stream.understandsEscapes ? .terminal : .plain
    }
  }

  /// What is to be written; never held while something is written.
  private struct Pending {
    var model: ProgressModel
    var lines: [String] = []
    var isChanged = false
    var hasThread = false
    var isFinished = false
  }

  /// The terminal itself; held while something is written.
  private struct Screen {
    var isVisible = true
    var isDrawn = false
    /// A question waits on the cursor's line.
    var isAsking = false
    private var lastEstimate: Moment?

    /// Whether it is time to count anew how far the run is: of thousands of jobs not at each drawing.
    mutating func mayEstimate(at now: Moment) -> Bool {
      if let lastEstimate, now.millisecondsSince(lastEstimate) < 500 { return false }
      lastEstimate = now
      return true
    }
  }

  private static let redrawInterval = 100
  private static let idleInterval = 1000

  private let form: Form
  private let stream: StandardStream
  private let palette: Palette
  private let editor: LineEditor?
  private let meter: RunMeter?
  private let pending: Mutex<Pending>
  private let screen = Mutex(Screen())
  private let signal = DispatchSemaphore(value: 0)

  /// A display that has shown nothing yet. `editor` is the prompt's, when there is one: its line is taken off the screen
  /// while ours are written, and there is no status line below it.
  /// `meter` knows how far the run is.
  init(form: Form, stream: StandardStream = .error, editor: LineEditor? = nil, meter: RunMeter? = nil) {
    self.meter = meter
    self.form = form
    self.stream = stream
    self.editor = editor
    palette = Palette(isColored: stream.wantsColor)
    pending = Mutex(Pending(model: ProgressModel(form: form == .terminal ? .terminal : .plain, palette: palette)))
  }

  /// Takes a job's record as it is now. In order per job; from any thread.
  func note(_ job: JobRecord) {
    guard form != .quiet else { return }
    let now = Moment.now()
    let clock = form == .plain ? Self.clock(now.wall) : ""
    let columns = form == .terminal ? stream.columns ?? 80 : 0
    let needsThread = pending.withLock { pending in
      pending.lines += pending.model.note(job, at: now, clock: clock, columns: columns)
      pending.isChanged = true
      defer { pending.hasThread = true }
      return !pending.hasThread && !pending.isFinished
    }
    if needsThread { startThread() }
    screen.withLock { if !$0.isVisible { flush(&$0) } }
    signal.signal()
  }

  /// Takes what the run tells of itself.
  ///
  /// `isAsking`: somebody else shows the questions.
  func note(_ note: RunNote, isAsking: Bool = false) {
    guard form != .quiet else { return }
    let clock = form == .plain ? Self.clock(.now()) : ""
    let columns = form == .terminal ? stream.columns ?? 80 : 0
    pending.withLock { pending in
      switch note {
      case .phase(let name): pending.lines.append(pending.model.begin(phase: name, clock: clock, columns: columns))
      case .todo(let items): pending.lines += pending.model.note(todo: items, clock: clock)
      case .asked(let decision):
        if !isAsking { pending.lines.append(pending.model.ask(decision, clock: clock, columns: columns)) }
      case .settled(let decision):
        pending.lines.append(pending.model.settle(decision, clock: clock, columns: columns))
      }
      pending.isChanged = true
    }
    screen.withLock { if !$0.isVisible { flush(&$0) } }
    signal.signal()
  }

  /// Writes a line that stays, past the status line; under `quiet` too. For what a script says itself.
  func say(_ line: String) {
    screen.withLock { screen in
      erase(&screen)
      stream.talk(screen.isAsking && form == .terminal ? Self.above(line) : line + "\n")
    }
    signal.signal()
  }

  /// Asks something: lines, and then the beginning of a line on which the cursor stays. No status line until `endPrompt`;
  /// under `quiet` too.
  func prompt(_ lines: [String], _ invitation: String) {
    screen.withLock { screen in
      flush(&screen)
      erase(&screen)
      stream.talk(lines.map { $0 + "\n" }.joined() + invitation)
      screen.isAsking = true
    }
  }

  /// The line of the question was ended by whoever typed.
  func endPrompt() {
    screen.withLock { $0.isAsking = false }
    signal.signal()
  }

  /// The question is no more: its line goes, with what was typed.
  func abandonPrompt() {
    screen.withLock { screen in
      guard screen.isAsking else { return }
      screen.isAsking = false
      tcflush(0, TCIFLUSH)
      stream.talk(form == .terminal ? "\r\u{1B}[K" : "\n")
    }
    signal.signal()
  }

  /// Leaves the terminal to others: what is pending is written, the status line and the prompt are gone on return.
  func hide() {
    screen.withLock { screen in
      guard screen.isVisible else { return }
      flush(&screen)
      erase(&screen)
      editor?.hide()
      screen.isVisible = false
    }
  }

  /// Takes the terminal back.
  func show() {
    let wasHidden = screen.withLock { screen in
      guard !screen.isVisible else { return false }
      screen.isVisible = true
      editor?.show()
      return true
    }
    if wasHidden, form == .terminal { signal.signal() }
  }

  /// Writes what is pending and ends the display: nothing is written after it.
  func finish() {
    pending.withLock { $0.isFinished = true }
    signal.signal()
    screen.withLock { screen in
      flush(&screen)
      erase(&screen)
    }
  }

  // MARK: the thread

  private func startThread() {
    let context = Unmanaged.passRetained(self).toOpaque()
    let error = cline_start_thread(
      { context in
        guard let context else { return }
        Unmanaged<ProgressDisplay>.fromOpaque(context).takeRetainedValue().work()
      }, context)
    // Without a thread the lines come out at the next `hide` and at `finish`.
    if error != 0 { Unmanaged<ProgressDisplay>.fromOpaque(context).release() }
  }

  private func work() {
    while true {
      let isBusy = form == .terminal && pending.withLock { $0.model.isBusy }
      let deadline = isBusy ? DispatchTime.now() + .milliseconds(Self.idleInterval) : .distantFuture
      _ = signal.wait(timeout: deadline)
      if pending.withLock({ $0.isFinished }) { return }
      screen.withLock { draw(&$0) }
      if form == .terminal {
        // The signals of this time are answered by the next drawing, all at once.
        usleep(UInt32(Self.redrawInterval * 1000))
        while signal.wait(timeout: .now()) == .success {}
        if pending.withLock({ $0.isChanged }) { signal.signal() }
      }
    }
  }

  // MARK: the screen

  private func draw(_ screen: inout Screen) {
    switch form {
    case .quiet: return
    case .plain: flush(&screen)
    case .terminal:
      guard screen.isVisible else { return }
      flush(&screen)
      guard editor?.isReading != true, !screen.isAsking else { return }
      let columns = stream.columns ?? 80
      if let meter, screen.mayEstimate(at: .now()) {
        let progress = meter.whole()
        pending.withLock { $0.model.estimate = progress }
      }
      let status = pending.withLock { pending in
        pending.isChanged = false
        return pending.model.status(at: .now(), columns: columns)
      }
      guard let status else { return erase(&screen) }
      stream.talk(Self.below(status))
      screen.isDrawn = true
    }
  }

  private func flush(_ screen: inout Screen) {
    let lines = pending.withLock { pending in
      defer { pending.lines = [] }
      return pending.lines
    }
    guard !lines.isEmpty else { return }
    erase(&screen)
    guard form == .terminal else { return stream.talk(lines.map { $0 + "\n" }.joined()) }
    let isPrompting = screen.isVisible && editor?.isReading == true
    if isPrompting { editor?.hide() }
    stream.talk(lines.map(Self.above).joined())
    if isPrompting { editor?.show() }
  }

  private func erase(_ screen: inout Screen) {
    guard screen.isDrawn else { return }
    screen.isDrawn = false
    stream.talk(Self.below(""))
  }

  /// Writes on the row below the cursor and comes back. IND and CUU first make sure that there is such a row: they keep
  /// the column, which a line feed would lose to the terminal driver.
  private static func below(_ text: String) -> String {
    "\u{1B}D\u{1B}[A\u{1B}7\u{1B}[B\r\u{1B}[K\(text)\u{1B}8"
  }

  /// Puts a line in above the cursor's and comes back to where that has moved.
  private static func above(_ text: String) -> String {
    "\u{1B}D\u{1B}[A\u{1B}7\r\u{1B}[L\(text)\u{1B}8\u{1B}[B"
  }

  private static func clock(_ time: Timestamp) -> String {
    var seconds = time_t(time.milliseconds / 1000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    let pieces = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return pieces.joined(separator: ":")
  }
}
