internal import Agents
import Jobs
internal import Models
internal import WireText

/// What one attempt of an agent came to.
enum AgentVerdict: Sendable {
  /// It has worked.
  case ended(AgentEnd)
  /// It could not begin.
  case notBegun(JobReason, String)
}

// What is said of an agent that did not end well: one sentence each.
extension JobSentences {
  /// What came of an agent, as the outcome of its job. The output is the transcript's to say.
  static func outcome(
    _ report: BoundedRun<AgentVerdict>.Report, wish: LiveJob.Wish?, limit: Duration, lastLine: String?
  ) -> JobOutcome {
    let said = lastLine.map { "; last line: '\($0)'" } ?? "; it had not said anything"
    switch (report.stop, report.outcome) {
    case (.timeLimit, _): return .timedOut(error: "stopped at its time limit of \(text(limit))\(said)")
    case (.idle(let limit), _):
      return .timedOut(.idleTimeout, error: "stopped: its model showed no sign of life for \(text(limit))\(said)")
    case (.output(let limit), _):
      return .failed(
        .outputLimit,
        error: "stopped: it wrote more than its \(ByteCount.text(limit)) of output; what is there is kept")
    case (.some, _): return ended(by: wish, hadBegun: true)
    case (nil, .notBegun(let reason, let sentence)): return .failed(reason, error: sentence)
    case (nil, .ended(let end)): return outcome(end, wish)
    case (nil, nil): return ended(by: wish, hadBegun: true)
    }
  }

  /// Why something that was stopped was stopped, in a few words.
  static func words(_ cause: StopCause) -> String {
    switch cause {
    case .request, .requestToLeader: "it was not wanted any more"
    case .timeLimit: "its time was up"
    case .idle(let limit): "it showed no sign of life for \(text(limit))"
    case .output(let limit): "it wrote more than \(ByteCount.text(limit))"
    case .memory(let limit): "it took more than \(ByteCount.text(limit)) of memory"
    case .cpu(let limit): "it had used up its \(text(limit)) of CPU time"
    case .diskSpace: "the disk is nearly full"
    }
  }

  private static func outcome(_ end: AgentEnd, _ wish: LiveJob.Wish?) -> JobOutcome {
    switch end.result {
    case .answered(_, let data): return .completed(data: data.flatMap { JSONText(validating: $0.description) })
    case .failed(let failure): return outcome(failure, wish)
    }
  }

  private static func outcome(_ failure: AgentFailure, _ wish: LiveJob.Wish?) -> JobOutcome {
    // What providers and models said in it may hold anything.
    let sentence = Escaping.line(failure.description, limit: 2_000)
    switch failure {
    case .maxTurns: return .failed(.maxTurns, error: sentence)
    case .maxTokens, .maxCost: return .failed(.budget, error: sentence)
    case .repeated: return .failed(.maxTurns, error: sentence)
    case .schemaInvalid: return .failed(.schemaInvalid, error: sentence)
    case .emptyResult: return .failed(.emptyResult, error: sentence)
    case .permissionDenied: return .failed(.permissionDenied, error: sentence)
    case .cancelled, .model(.cancelled): return ended(by: wish, hadBegun: true)
    case .model(let model): return .failed(reason(model), error: sentence)
    }
  }

  static func reason(_ failure: ModelFailure) -> JobReason {
    switch failure {
    case .noProvider, .unknownModel: .noProvider
    case .budget: .budget
    case .provider(let error, _): error.kind == .emptyResult ? .emptyResult : .providerError
    case .parked, .anew, .cancelled: .providerError
    }
  }
}
