import Jobs

/// One run of a job's function, which the script's host executes: from its start until it has returned, or is given up.
///
/// Stopping cancels the Swift task that called the host, and the host ends the function. A host that does not is left alone
/// after a time, so that no job waits for ever; what its function still does is of no consequence to the job.
final class FunctionRun: Sendable {
  /// What came of it.
  struct Report: Sendable {
    /// Nil if it was given up.
    let outcome: FunctionOutcome?
    /// Who made it end, unless it ended by itself.
    let stop: StopCause?

    /// The same as it may be written down.
    func redacted(by redaction: Redaction) -> Report {
      Report(outcome: outcome?.redacted(by: redaction), stop: stop)
    }
  }

  private enum Event: Sendable {
    case returned(FunctionOutcome)
    case stop(StopCause)
    case graceOver
  }

  private let inbox = Inbox<Event>()
  private let timeLimit: Duration?
  private let grace: Duration

  /// A run that may take `timeLimit`, and `grace` more to end once it is stopped.
  init(timeLimit: Duration?, grace: Duration) {
    self.timeLimit = timeLimit
    self.grace = grace
  }

  /// Makes it end. Asking again changes nothing.
  func stop(_ cause: StopCause) { inbox.post(.stop(cause)) }

  /// Runs the function.
  func run(_ function: @escaping @Sendable () async -> FunctionOutcome) async -> Report {
    let inbox = inbox
    let call = Task { inbox.post(.returned(await function())) }
    var timers = timeLimit.map { [inbox.post(.stop(.timeLimit), after: $0)] } ?? []
    defer { for timer in timers { timer.cancel() } }
    var stop: StopCause?
    while true {
      switch await inbox.next() {
      case .returned(let outcome): return Report(outcome: outcome, stop: stop)
      case .stop(let cause):
        guard stop == nil else { continue }
        stop = cause
        call.cancel()
        timers.append(inbox.post(.graceOver, after: grace))
      case .graceOver: return Report(outcome: nil, stop: stop)
      }
    }
  }
}
