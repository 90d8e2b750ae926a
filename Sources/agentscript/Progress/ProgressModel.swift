import Jobs
import Runtime

/// What a person should see of a run while it goes on: which lines to keep, and what the status line says now.
///
/// Pure: fed with the records of jobs as they change, in order per job. A script without jobs yields nothing.
struct ProgressModel {
  /// How the lines read.
  enum Form: Hashable, Sendable {
    /// Signs and a status line, for a terminal.
    case terminal
    /// Dated sentences, for a log.
    case plain
  }

  private struct Live {
    var label: String
    var status: JobStatus
    var since: Moment
    var attempts: Int
    var fraction: Double?
    var text: String?
    var told: Moment?
  }

  /// A log takes a job's progress at most this often.
  private static let progressInterval = 2000

  private let form: Form
  private let palette: Palette
  private var live: [JobID: Live] = [:]
  private var completed = 0
  private var failed = 0
  private var stopped = 0
  private var todo: [TodoItem] = []
  /// How far the run is, when somebody counted last.
  var estimate: ProgressRollup?

  /// A run in which nothing has happened.
  init(form: Form, palette: Palette) {
    self.form = form
    self.palette = palette
  }

  /// True while a job of the run has not ended.
  var isBusy: Bool { !live.isEmpty }

  /// Takes a job's new record. Gives the lines that it is worth, ready to be written, without line ends; `clock` is the
  /// local time for the plain form, `columns` the width that each line of the other form keeps to.
  mutating func note(_ job: JobRecord, at now: Moment, clock: String, columns: Int) -> [String] {
    guard !job.status.isTerminal else { return end(job, clock, columns) }
    let before = live[job.id]
    // What waited for something outside and goes on has not started again.
    let hasStarted = job.status == .running && before?.attempts != job.attempts
    var entry = Live(
      label: Self.label(job), status: job.status, since: now, attempts: job.attempts, fraction: job.progress,
      text: job.progressText, told: before?.told)
    if let before, !hasStarted { entry.since = before.since }
    defer { live[job.id] = entry }
    guard form == .plain else { return [] }
    if hasStarted {
      let attempt = job.attempts > 1 ? " (attempt \(job.attempts) of \(max(job.attempts, job.maxAttempts)))" : ""
      return ["[\(clock)] started \(entry.label)\(attempt)"]
    }
    if let wait = job.wait, job.status == .waiting, before?.status != .waiting {
      return ["[\(clock)] \(entry.label) \(TextWidth.fitted(TerminalText.line(wait.text), to: 200))"]
    }
    guard let text = job.progressText, text != before?.text || job.progress != before?.fraction,
      entry.told.map({ now.millisecondsSince($0) >= Self.progressInterval }) ?? true
    else { return [] }
    entry.told = now
    let said = TextWidth.fitted(TerminalText.line(text), to: 200)
    return ["[\(clock)] \(entry.label): \(Self.percent(job.progress))\(said)"]
  }

  /// The line that a new phase is worth, for either form.
  func begin(phase name: String, clock: String, columns: Int) -> String {
    let name = TextWidth.fitted(TerminalText.line(name), to: form == .terminal ? max(8, columns - 4) : 200)
    return form == .terminal ? palette.bold("── \(name)") : "[\(clock)] phase: \(name)"
  }

  /// Takes the list of what there is to do; in a log it is worth a line when something else is in progress.
  mutating func note(todo items: [TodoItem], clock: String) -> [String] {
    let before = Self.inProgress(todo)
    todo = items
    guard form == .plain, let now = Self.inProgress(items), now != before else { return [] }
    let done = items.count { $0.status == .completed }
    return ["[\(clock)] todo: \(TextWidth.fitted(now, to: 200)) (\(done) of \(items.count) done)"]
  }

  private static func inProgress(_ items: [TodoItem]) -> String? {
    items.first { $0.status == .inProgress }.map { TerminalText.line($0.activeForm) }
  }

  /// "42%, 3m left": what of it is known.
  private var outlook: String? {
    guard let estimate, estimate.isEstimated, estimate.total > 0 else { return nil }
    let percent = "\(Int((estimate.fraction * 100).rounded(.down)))%"
    guard let left = estimate.etaMs, left >= 1000 else { return percent }
    return "\(percent), \(DurationText.whole(milliseconds: left)) left"
  }

  /// The line that a question is worth which is answered elsewhere.
  func ask(_ decision: DecisionRecord, clock: String, columns: Int) -> String {
    let how = "(agentscript answer \(decision.id) TEXT)"
    let room = form == .terminal ? columns - 4 - TextWidth.of(how) : 200
    let question = TextWidth.fitted(TerminalText.line(decision.question), to: max(16, room))
    return form == .terminal ? "? \(question) \(palette.dim(how))" : "[\(clock)] asks: \(question) \(how)"
  }

  /// The line that the end of a question is worth.
  func settle(_ decision: DecisionRecord, clock: String, columns: Int) -> String {
    let by = TerminalText.line(decision.answeredBy ?? "withdrawn")
    let fate: String
    switch decision.status {
    case .answered: fate = "answered (\(by)): "
    case .default: fate = "default (\(by)): "
    case .open, .withdrawn: fate = "no answer (\(by))"
    }
    let question = TextWidth.fitted(TerminalText.line(decision.question), to: form == .terminal ? 40 : 100)
    let answer = TerminalText.line(decision.answer ?? "")
    let line = "\(question) — \(fate)\(answer)"
    return form == .terminal ? "? " + TextWidth.fitted(line, to: max(8, columns - 4)) : "[\(clock)] \(line)"
  }

  /// The status line for a terminal of so many cells, or nil when no job is under way.
  func status(at now: Moment, columns: Int) -> String? {
    guard !live.isEmpty else { return nil }
    let counts = counts()
    var line = counts.map(\.text).joined(separator: ", ")
    var painted = counts.map { palette.paint($0.text, as: $0.status) }.joined(separator: ", ")
    for piece in [outlook, Self.inProgress(todo).map { TextWidth.fitted($0, to: 40) }].compactMap(\.self) {
      guard TextWidth.of(line) + TextWidth.of(piece) + 3 < columns else { break }
      line += " · \(piece)"
      painted += " · \(palette.bold(piece))"
    }
    let running = live.values.filter { $0.status == .running }
      .sorted { ($0.since.monotonic, $0.label) < ($1.since.monotonic, $1.label) }
    for (index, job) in running.prefix(4).enumerated() {
      let time = DurationText.whole(milliseconds: now.millisecondsSince(job.since))
      let piece = (index == 0 ? " · " : ", ") + "\(job.label) \(Self.percent(job.fraction))\(time)"
      let room = columns - 1 - TextWidth.of(line)
      guard TextWidth.of(piece) <= room else {
        painted += room > 1 && index == 0 ? palette.dim(TextWidth.fitted(piece, to: room)) : ""
        break
      }
      line += piece
      painted += palette.dim(piece)
    }
    return TextWidth.of(line) < columns ? painted : TextWidth.fitted(line, to: max(1, columns - 1))
  }

  // MARK: words

  private mutating func end(_ job: JobRecord, _ clock: String, _ columns: Int) -> [String] {
    live[job.id] = nil
    switch job.status {
    case .completed: completed += 1
    case .cancelled, .skipped: stopped += 1
    default: failed += 1
    }
    let time = job.durationMs.map { DurationText.short(milliseconds: $0) }
    switch form {
    case .plain:
      let after = time.map { job.isSuccess ? " in \($0)" : " after \($0)" } ?? ""
      return ["[\(clock)] " + (job.isSuccess ? "finished \(Self.label(job))\(after)" : Self.failure(job, after))]
    case .terminal: return kept(job, time, columns)
    }
  }

  /// The lines about an ended job that stay on the terminal, none wider than `columns` less one.
  private func kept(_ job: JobRecord, _ time: String?, _ columns: Int) -> [String] {
    let label = TextWidth.fitted(Self.label(job), to: max(8, columns - 16))
    var line = "\(palette.mark(job.status)) \(label)"
    var room = columns - 3 - TextWidth.of(label)
    if let time, room > time.count + 2 {
      line += palette.dim("  \(time)")
      room -= time.count + 2
    }
    guard !job.isSuccess else { return [line] }
    let why = TextWidth.fitted(Self.because(job), to: room - 2)
    if !why.isEmpty { line += "  " + palette.paint(why, as: job.status) }
    guard job.status != .cancelled, job.startedAt != nil else { return [line] }
    return [line, palette.dim(TextWidth.fitted("  agentscript logs \(job.id)", to: columns - 1))]
  }

  private static func failure(_ job: JobRecord, _ after: String) -> String {
    "\(verb(job.status)) \(label(job))\(after): \(because(job)) (agentscript logs \(job.id))"
  }

  private static func verb(_ status: JobStatus) -> String {
    switch status {
    case .timedOut: "timed out"
    default: status.rawValue
    }
  }

  /// Why a job ended as it did, for one line.
  static func because(_ job: JobRecord) -> String {
    let text: String
    if let error = job.error, !error.isEmpty {
      text = error
    } else if job.status == .cancelled, let reason = job.cancelReason, !reason.isEmpty {
      text = "cancelled: \(reason)"
    } else if let code = job.exitCode, code != 0 {
      text = "exit code \(code)"
    } else if let signal = job.signal {
      text = "signal \(signal)"
    } else {
      text = job.reason?.rawValue ?? job.status.rawValue
    }
    return TextWidth.fitted(TerminalText.line(text), to: 200)
  }

  /// What a job is called before people: its name, else what it is for, else its id.
  static func label(_ job: JobRecord) -> String {
    let text = [job.name, job.description].compactMap(\.self).first { !$0.isEmpty } ?? job.id.rawValue
    return TextWidth.fitted(TerminalText.line(text), to: 48)
  }

  private static func percent(_ fraction: Double?) -> String {
    guard let fraction, fraction.isFinite else { return "" }
    return "\(Int((min(max(fraction, 0), 1) * 100).rounded(.down)))% "
  }

  private func counts() -> [(text: String, status: JobStatus)] {
    var result: [(text: String, status: JobStatus)] = []
    var queued = 0
    var running = 0
    var waiting = 0
    for job in live.values {
      switch job.status {
      case .running: running += 1
      case .waiting: waiting += 1
      default: queued += 1
      }
    }
    result.append(("\(running) running", .running))
    if waiting > 0 { result.append(("\(waiting) waiting", .waiting)) }
    if queued > 0 { result.append(("\(queued) queued", .queued)) }
    if completed > 0 { result.append(("\(completed) done", .completed)) }
    if failed > 0 { result.append(("\(failed) failed", .failed)) }
    if stopped > 0 { result.append(("\(stopped) stopped", .cancelled)) }
    return result
  }
}
