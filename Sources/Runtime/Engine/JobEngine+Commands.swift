import Jobs

// Attempts of commands.
extension JobEngine {
  func runCommand(_ job: LiveJob, _ work: CommandOrder.Work, _ variables: [String: String?]) async {
    let record = job.state.record
    let output: OutputFile
    let start: Int
    switch await openOutput(record.id) {
    case .success(let opened): (output, start) = opened
    case .failure(let fault):
      perform { $0.attemptEnded(record.id, .failed(.spawnFailed, error: fault.sentence), hadWork: false) }
      return
    }
    if let fault = JobEnvironment.fault(in: job.spec.environment) {
      perform { $0.end(record.id, .failed(.spawnFailed, error: fault)) }
      return
    }
    var attempt = CommandAttempt(job: job, work: work, number: record.attempts + 1, control: AttemptControl())
    attempt.variables = variables
    perform { $0.executes(record.id, attempt.control, scan: LiveJob.ProgressScan(offset: start)) }
    let copy = CommandAttempt.Copy(number: .first, output: output, start: start)
    let end: CommandAttempt.End
    if let time = job.spec.hedge {
      end = await runHedged(attempt, copy, after: time)
    } else {
      end = await run(copy, of: attempt, timeLimit: job.spec.timeout)
    }
    perform { $0.attemptEnded(record.id, end.outcome, hadWork: end.hadWork) }
  }

  /// Runs one copy of an attempt's work, and its gate.
  func run(_ copy: CommandAttempt.Copy, of attempt: CommandAttempt, timeLimit: Duration?) async -> CommandAttempt.End {
    let id = attempt.id
    let part = AttemptControl.Part(copy: copy.number)
    var order = order(attempt.work, part, of: attempt, copy, timeLimit: timeLimit, input: attempt.job.spec.stdin.bytes)
    order.hasTerminal = attempt.job.spec.hasTerminal
    order.outputStart = copy.start
    let report = await execute(order, of: attempt)
    if copy.number == .first { scanProgress(id, isLast: true) }
    let extent = (try? copy.output.extent(from: copy.start)) ?? OutputExtent(start: copy.start, end: copy.start)
    let (wish, redaction) = look { ($0.jobs[id]?.wish, $0.redaction) }
    var outcome = JobSentences.outcome(
      report, wish: wish, limit: attempt.job.spec.timeout,
      lastLine: JobSentences.lastLine(of: copy.output, in: extent, redaction))
    outcome.output = extent
    if outcome.status == .completed, let gate = attempt.job.spec.gate {
      outcome = await pass(gate, outcome, copy, of: attempt)
    }
    return CommandAttempt.End(outcome: outcome, hadWork: report.process != nil)
  }

  /// What runs as a part of an attempt.
  func order(
    _ work: CommandOrder.Work, _ part: AttemptControl.Part, of attempt: CommandAttempt, _ copy: CommandAttempt.Copy,
    timeLimit: Duration?, input: [UInt8]?
  ) -> CommandOrder {
    let job = attempt.job
    var order = CommandOrder(
      job: attempt.id, run: run.id, attempt: attempt.number, part: part, work: isDryRun ? work.toldOnly : work,
      workingDirectory: job.workingFolder,
      environment: inheritedEnvironment().entries(
        changes: agents.keptFromCommands.merging(job.environmentChanges) { $1 }.merging(attempt.variables) { $1 },
        job: attempt.id.rawValue,
        run: run.id.rawValue, attempt: attempt.number, part: part,
        slot: look { $0.scheduler.slot(of: attempt.id) }),
      input: input, output: copy.output, timeLimit: timeLimit)
    order.limits = job.spec.limits
    order.sandbox = (job.spec.sandbox ?? sandbox).policy
    order.stateDirectory = registry.directory.path
    return order
  }

  /// Executes an order as a part of its attempt, and returns when it has ended.
  func execute(_ order: CommandOrder, of attempt: CommandAttempt) async -> CommandReport {
    let id = order.job
    let handle = backend.submit(order) { [self] in warn(id, $0) }
    attempt.control.begins(order.part) { [backend] in backend.cancel(handle, $0, atOnce: $1) }
    defer { attempt.control.ended(order.part) }
    var status = ExecutionStatus.submitted
    while true {
      status = await backend.poll(handle, after: status)
      switch status {
      case .submitted: continue
      case .running(let process): perform { $0.began(id, process) }
      case .ended(let report):
        if let process = report.process { perform { $0.began(id, process) } }
        return report
      }
    }
  }

  /// Tells that a limit is nearly reached, as progress of the job.
  private func warn(_ id: JobID, _ sentence: String) {
    perform { $0.progressed(id, [ProgressReport(fraction: nil, text: "warning: \(sentence)")]) }
  }
}

extension TaskSpec.StandardInput {
  var bytes: [UInt8]? {
    switch self {
    case .none: nil
    case .bytes(let bytes): bytes
    }
  }
}
