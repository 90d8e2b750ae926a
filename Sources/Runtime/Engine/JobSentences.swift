import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What is said of a job that did not end well: one sentence each.
enum JobSentences {
  /// What came of a command, as the outcome of its job.
  static func outcome(_ report: CommandReport, wish: LiveJob.Wish?, limit: Duration?, lastLine: String?) -> JobOutcome {
    var outcome = made(of: report, wish: wish, limit: limit, lastLine: lastLine)
    switch report.end {
    case .exited(let code): outcome.exitCode = code
    case .signalled(let number): outcome.signal = number
    case .notStarted, .withdrawn, .stuck: break
    }
    if report.end == .stuck, let process = report.process {
      outcome.error = (outcome.error ?? "it was killed") + "; its process \(process.pid) is still there after SIGKILL"
    }
    outcome.leaked = report.leaked
    return outcome
  }

  private static func made(
    of report: CommandReport, wish: LiveJob.Wish?, limit: Duration?, lastLine: String?
  ) -> JobOutcome {
    let said = lastLine.map { "; last line: '\($0)'" } ?? "; no output"
    switch (report.stop, report.end) {
    case (.timeLimit, _): return timedOut(limit: limit, said: said)
    case (.request, _), (.requestToLeader, _): return ended(by: wish, hadBegun: report.end != .withdrawn)
    case (.some(let cause), _): return stopped(cause, said: said)
    case (nil, .exited(code: 0)): return .completed()
    case (nil, .exited(let code)): return .failed(.exitNonzero, error: "exit code \(code)\(said)")
    case (nil, .signalled(let number)): return .failed(.signal, error: "ended by \(signalName(number))\(said)")
    case (nil, .notStarted(let sentence)): return .failed(.spawnFailed, error: sentence)
    case (nil, .withdrawn), (nil, .stuck): return ended(by: wish, hadBegun: false)
    }
  }

  /// What came of a function, as the outcome of its job.
  static func outcome(_ report: FunctionRun.Report, wish: LiveJob.Wish?, limit: Duration?) -> JobOutcome {
    let gaveUp = report.outcome == nil ? "; its function did not end and was given up" : ""
    switch (report.stop, report.outcome) {
    case (.timeLimit, _): return timedOut(limit: limit, said: gaveUp)
    case (.some, _):
      var outcome = ended(by: wish, hadBegun: true)
      outcome.error = outcome.error.map { $0 + gaveUp }
      return outcome
    case (nil, .returned(_, let data)): return .completed(data: data.flatMap { JSONText(validating: $0) })
    case (nil, .decided): return .completed()
    case (nil, .raised(let message, _)): return .failed(.scriptError, error: Escaping.line(message, limit: 2_000))
    case (nil, .cancelled), (nil, nil):
      return .cancelled(by: "script", why: "the part of the script that it belongs to ended")
    }
  }

  /// What becomes of a job that somebody wanted to end.
  static func ended(by wish: LiveJob.Wish?, hadBegun: Bool) -> JobOutcome {
    let wish = wish ?? LiveJob.Wish(kind: .request, by: "agentscript", reason: "it was stopped")
    switch (wish.kind, hadBegun) {
    case (.request, _): return .cancelled(by: wish.by, why: wish.reason)
    case (.failFast, true): return .cancelled(.failFast, by: wish.by, why: wish.reason)
    case (.failFast, false): return .skipped(.failFast, error: "not started: \(wish.reason)")
    case (.speculation, true): return .cancelled(by: wish.by, why: wish.reason)
    case (.speculation(let reason), false): return .skipped(reason, error: "not started: \(wish.reason)")
    case (.groupTimeout(let limit), true):
      return .timedOut(error: "stopped: the time limit of its group, \(text(limit)), was reached")
    case (.groupTimeout(let limit), false):
      return .skipped(.cancelled, error: "not started: the time limit of its group, \(text(limit)), was reached")
    }
  }

  /// What becomes of a job that took too much of something.
  private static func stopped(_ cause: StopCause, said: String) -> JobOutcome {
    switch cause {
    case .idle(let limit):
      return .timedOut(
        .idleTimeout, error: "stopped: it showed no sign of life for \(text(limit)), its idle_timeout\(said)")
    case .cpu(let limit): return .timedOut(error: "stopped: it had used up its \(text(limit)) of CPU time\(said)")
    case .output(let limit):
      return .failed(
        .outputLimit,
        error: "stopped: it wrote more than its \(ByteCount.text(limit)) of output; what is there is kept")
    case .memory(let limit):
      return .failed(
        .memoryLimit, error: "stopped: its processes took more than their \(ByteCount.text(limit)) of memory\(said)")
    case .diskSpace(let free):
      return .failed(
        .outputLimit,
        error: "stopped: the disk is nearly full (\(ByteCount.text(free)) are free) and it wrote most; "
          + "what is there is kept")
    case .request, .requestToLeader, .timeLimit: return .cancelled(by: "agentscript", why: "it was stopped")
    }
  }

  private static func timedOut(limit: Duration?, said: String) -> JobOutcome {
    .timedOut(error: "stopped at its time limit" + (limit.map { " of \(text($0))" } ?? "") + said)
  }

  /// What is said of a job whose end could not be recorded.
  static func lost(_ outcome: JobRecord, because error: RegistryError) -> JobOutcome {
    .lost(error: "it ended as \(outcome.status.rawValue), but that could not be recorded: \(error)")
  }

  /// The last line that holds anything but white space, without secrets and with its control characters escaped; nil if
  /// there is none.
  static func lastLine(of output: OutputFile, in extent: OutputExtent, _ redaction: Redaction) -> String? {
    let length = min(extent.end - extent.start, 4096)
    guard let bytes = try? output.read(from: extent.end - length, count: length) else { return nil }
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).reversed() {
      let text = String(decoding: line, as: UTF8.self)
      let isBlank = text.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
      // Of a very long line only the end was read.
      if !isBlank { return Escaping.line(redaction.text(trimmed(text), cut: .start)) }
    }
    return nil
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
    guard let last = scalars.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(scalars[...last])
  }

  /// A duration as people write it: `250ms`, `1.5s`, `15m`, `1h 30m`.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
    guard milliseconds >= 1000 else { return "\(milliseconds)ms" }
    guard milliseconds % 1000 == 0 else {
      let rest = String(milliseconds % 1000 + 1000).dropFirst()
      return "\(milliseconds / 1000).\(rest.reversed().drop { $0 == "0" }.reversed().map(String.init).joined())s"
    }
    let seconds = milliseconds / 1000
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")]
    return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined(separator: " ")
  }

  private static func signalName(_ number: Int) -> String {
    let names: [Int: String] = [
      1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 8: "SIGFPE", 9: "SIGKILL",
      11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
    ]
    return names[number].map { "signal \(number) (\($0))" } ?? "signal \(number)"
  }
}
