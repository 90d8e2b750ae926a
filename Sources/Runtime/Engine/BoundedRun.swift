import Jobs
import Synchronization

/// One run of work that has no process of its own, from its start until it has returned, or is given up: a function of the
/// script, which its host executes, or a model agent.
///
/// Stopping cancels the Swift task that does the work, which then ends it. Work that does not end is left alone after a time,
/// so that no job waits for ever; what it still does is of no consequence to the job.
final class BoundedRun<Outcome: Sendable>: Sendable {
  /// What came of it.
  struct Report: Sendable {
    /// Nil if it was given up.
    let outcome: Outcome?
    /// Who made it end, unless it ended by itself.
    let stop: StopCause?
  }

  private enum Event: Sendable {
    case returned(Outcome)
    case stop(StopCause)
    case look
    case graceOver
  }

  private struct Life {
    var last = MonotonicTime.now
    /// What of it is not idle, however quiet: tools that run, waits for others.
    var excuses = 0
  }

  private let inbox = Inbox<Event>()
  private let timeLimit: Duration?
  private let idleLimit: Duration?
  private let grace: Duration
  private let life = Mutex(Life())

  /// A run that may take `timeLimit`, be without a sign of life for `idleLimit`, and take `grace` more to end once it is
  /// stopped.
  init(timeLimit: Duration?, idleLimit: Duration? = nil, grace: Duration) {
    self.timeLimit = timeLimit
    self.idleLimit = idleLimit
    self.grace = grace
  }

  /// Makes it end. Asking again changes nothing.
  func stop(_ cause: StopCause) { inbox.post(.stop(cause)) }

  /// A sign of life.
  func showLife() { life.withLock { $0.last = .now } }

  /// From here on it is not idle, until `excuseEnds` was called as often.
  func excuseBegins() { life.withLock { $0.excuses += 1 } }

  func excuseEnds() {
    life.withLock { life in
      life.excuses -= 1
      life.last = .now
    }
  }

  /// Does the work.
  func run(_ work: @escaping @Sendable () async -> Outcome) async -> Report {
    let inbox = inbox
    let call = Task { inbox.post(.returned(await work())) }
    var timers = timeLimit.map { [inbox.post(.stop(.timeLimit), after: $0)] } ?? []
    var look = idleLimit.map { inbox.post(.look, after: $0) }
    defer {
      for timer in timers { timer.cancel() }
      look?.cancel()
    }
    var stop: StopCause?
    while true {
      switch await inbox.next() {
      case .returned(let outcome): return Report(outcome: outcome, stop: stop)
      case .look:
        guard let idleLimit, stop == nil else { continue }
        let quiet = life.withLock { $0.excuses > 0 ? .zero : MonotonicTime.now.since($0.last) }
        if quiet >= idleLimit { inbox.post(.stop(.idle(idleLimit))) }
        look = inbox.post(.look, after: max(idleLimit - quiet, .milliseconds(1)))
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

/// A run of a job's function.
typealias FunctionRun = BoundedRun<FunctionOutcome>

extension BoundedRun<FunctionOutcome>.Report {
  /// The same as it may be written down.
  func redacted(by redaction: Redaction) -> Self {
    Self(outcome: outcome?.redacted(by: redaction), stop: stop)
  }
}
