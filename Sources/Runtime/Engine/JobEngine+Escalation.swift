import Jobs

// What becomes of a job after its last attempt has failed.
extension JobEngine {
  /// Asks whoever decides. The job waits meanwhile, without a slot; its cancellation cancels the question.
  func escalate(_ id: JobID, _ outcome: JobOutcome) {
    let asked = Task {
      let question = look { state -> (JobRecord, EscalationTarget)? in
        guard let job = state.jobs[id], job.phase == .resting, let target = job.spec.escalation else { return nil }
        var wouldBe = job.state
        return (wouldBe.apply(.ended(outcome), at: .now()).record, target)
      }
      guard let (record, target) = question else { return }
      let decided = await callFunction(of: record, .escalation(target))
      if Task.isCancelled { return }
      let (kept, output) = note(JobEngine.decision(decided), in: id)
      perform { $0.escalated(id, outcome, kept, output: output) }
    }
    perform { state in
      if state.jobs[id]?.phase == .resting { state.jobs[id]?.timer = asked } else { asked.cancel() }
    }
  }

  private static func decision(_ outcome: FunctionOutcome) -> Escalation {
    switch outcome {
    case .decided(let decision): decision
    case .raised(let message, _): .undecided("its escalate failed: \(Escaping.line(message, limit: 1_000))")
    case .cancelled: .undecided("the part of the script that was to decide ended")
    case .returned: .stand
    }
  }

  /// Tells the job's log what was decided. Returns the decision, and where the result lies that it brought.
  private func note(_ decision: Escalation, in id: JobID) -> (Escalation, OutputExtent?) {
    do throws(SystemCallError) {
      let log = try outputFile(of: id)
      switch decision {
      case .retry: mark(log, "ESCALATED", "another attempt")
      case .replace(let replacement):
        let shown = TaskSpec(work: replacement.work).shownWork(look { $0.redaction }) ?? "a function"
        mark(log, "ESCALATED", "instead: \(shown)")
      case .accept(let output, _):
        let start = try log.appendMarker("ESCALATED", "the result is:")
        try log.append(Array(look { $0.redaction }.text(String(decoding: output, as: UTF8.self)).utf8))
        return (decision, try log.extent(from: start))
      case .stand, .undecided: break
      }
      return (decision, nil)
    } catch {
      // Its value would be lost without a word.
      return (.undecided(OutputFault(error).sentence), nil)
    }
  }
}
