import Jobs

// A second copy of a command that takes long.
extension JobEngine {
  /// How long until it is looked again whether there is a slot for a second copy.
  private static let slotPause = Duration.milliseconds(100)

  private enum HedgeEvent: Sendable {
    case isSlow
    case ended(CommandAttempt.Copy, CommandAttempt.End)
  }

  /// Runs an attempt's work, and after a time a second copy of it beside the first.
  func runHedged(_ attempt: CommandAttempt, _ first: CommandAttempt.Copy, after time: Duration) async
    -> CommandAttempt.End
  {
    let inbox = Inbox<HedgeEvent>()
    func start(_ copy: CommandAttempt.Copy, _ timeLimit: Duration?) {
      // Held by this function, which does not return before each copy has told of its end.
      Task { inbox.post(.ended(copy, await run(copy, of: attempt, timeLimit: timeLimit))) }
    }
    var state = HedgeState()
    var ends: [HedgeState.Copy: (copy: CommandAttempt.Copy, end: CommandAttempt.End)] = [:]
    var timer = inbox.post(.isSlow, after: time)
    var hasSlot = false
    defer {
      timer.cancel()
      if hasSlot { perform { $0.returnSpareSlot(attempt.id) } }
    }
    start(first, attempt.job.spec.timeout)
    while true {
      let actions: [HedgeState.Action]
      switch await inbox.next() {
      case .isSlow:
        guard !attempt.control.isStopped(.first), attempt.timeLeft != .zero else { continue }
        hasSlot = perform { $0.takeSpareSlot(attempt.id) }
        guard hasSlot else {
          timer = inbox.post(.isSlow, after: JobEngine.slotPause)
          continue
        }
        actions = state.isSlow()
      case .ended(let copy, let end):
        ends[copy.number] = (copy, end)
        actions = state.ended(copy.number, well: end.outcome.status == .completed)
      }
      for action in actions {
        switch action {
        case .startSecond:
          guard let second = secondCopy(of: attempt) else {
            state.secondDidNotStart()
            continue
          }
          start(second, attempt.timeLeft)
        case .stop(let copy): attempt.control.stop(copy)
        case .take(let copy): return taken(copy, ends, state.result, first.output)
        }
      }
    }
  }

  /// Nil if it has nowhere to write: the first copy goes on alone then.
  private func secondCopy(of attempt: CommandAttempt) -> CommandAttempt.Copy? {
    guard let output = try? OutputFile(temporaryIn: registry.directory, description: attempt.id.rawValue) else {
      return nil
    }
    return CommandAttempt.Copy(number: .second, output: output, start: output.firstOffset)
  }

  /// The attempt's end, after both copies'; the log holds the output of the one that counts.
  private func taken(
    _ number: HedgeState.Copy, _ ends: [HedgeState.Copy: (copy: CommandAttempt.Copy, end: CommandAttempt.End)],
    _ result: HedgeEnd?, _ log: OutputFile
  ) -> CommandAttempt.End {
    defer { if let second = ends[.second] { second.copy.output.discard() } }
    guard let (copy, ended) = ends[number] else { preconditionFailure("a copy is taken that has not ended") }
    var end = ended
    end.outcome.hedged = result
    guard number == .second, let extent = end.outcome.output else { return end }
    do throws(SystemCallError) {
      let start = try log.appendMarker("HEDGE", "the second copy ended first; its output:")
      try log.append(from: copy.output, offset: copy.start)
      end.outcome.output = OutputExtent(start: start, end: start + extent.end - extent.start)
    } catch {
      var outcome = JobOutcome.failed(.outputLimit, error: OutputFault(error).sentence)
      outcome.hedged = result
      return CommandAttempt.End(outcome: outcome, hadWork: true)
    }
    return end
  }
}
