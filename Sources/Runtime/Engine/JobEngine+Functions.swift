import Jobs

// Attempts of functions.
extension JobEngine {
  func runFunction(_ job: LiveJob) async {
    let id = job.state.record.id
    let functionRun = FunctionRun(timeLimit: job.spec.timeout, grace: functionGrace)
    let control = AttemptControl()
    control.begins(AttemptControl.Part()) { cause, _ in functionRun.stop(cause) }
    let record = perform { state -> JobRecord? in
      state.step(id, .started(pid: nil, pidStarted: nil))
      state.executes(id, control)
      return state.jobs[id]?.state.record
    }
    guard let record else { return }
    let report = await functionRun.run { [self] in await callFunction(of: record, .attempt(record.attempts)) }.redacted(
      by: look { $0.redaction })
    control.ended(AttemptControl.Part())
    let wish = look { $0.jobs[id]?.wish }
    var outcome = JobSentences.outcome(report, wish: wish, limit: job.spec.timeout)
    switch await write(report, of: id) {
    case .success(let extent): outcome.output = extent
    case .failure(let fault):
      // Its value would be lost without a word.
      if outcome.status == .completed { outcome = .failed(.outputLimit, error: fault.sentence) }
    }
    if outcome.status == .completed, let gate = job.spec.gate {
      outcome = await pass(gate, outcome, of: job, attempt: record.attempts, control)
    }
    perform { [outcome] in $0.attemptEnded(id, outcome, hadWork: true) }
  }

  /// Puts what a function said, or why it failed, into its job's log.
  private func write(_ report: FunctionRun.Report, of id: JobID) async -> Result<OutputExtent, OutputFault> {
    let text: [UInt8] =
      switch report.outcome {
      case .returned(let output, _): output
      case .raised(let message, let traceback): Array((message + "\n" + traceback).utf8)
      case .cancelled, .decided, nil: []
      }
    let opened = await openOutput(id)
    guard case .success(let (output, start)) = opened else {
      return opened.map { OutputExtent(start: $0.1, end: $0.1) }
    }
    do throws(SystemCallError) {
      try output.append(text)
      return .success(try output.extent(from: start))
    } catch {
      return .failure(OutputFault(error))
    }
  }
}
