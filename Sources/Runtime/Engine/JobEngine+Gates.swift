import Jobs

// Gates: what has to pass before an attempt that ended well counts as success.
extension JobEngine {
  /// The outcome of a copy that ended well, once its gate has been asked.
  func pass(
    _ gate: Gate, _ work: JobOutcome, _ copy: CommandAttempt.Copy, of attempt: CommandAttempt
  ) async -> JobOutcome {
    if attempt.control.isStopped(copy.number) { return stoppedAtGate(attempt.id, work) }
    let part = AttemptControl.Part(copy: copy.number, isGate: true)
    switch gate.check {
    case .command(let command):
      perform { $0.jobs[attempt.id]?.scan = nil }
      let extent = work.output ?? OutputExtent(start: copy.start, end: copy.start)
      let from = max(extent.start, extent.end - Gate.mostInput)
      let input = (try? copy.output.read(from: from, count: extent.end - from)) ?? []
      mark(copy.output, "GATE", gate.shown ?? "")
      let start = (try? copy.output.size()) ?? extent.end
      var order = order(command, part, of: attempt, copy, timeLimit: gate.timeLimit, input: input)
      order.outputStart = start
      let report = await execute(order, of: attempt)
      return verdict(report, gate, work, copy.output, from: start, attempt.id)
    case .function:
      return await ask(gate, work, attempt.id, copy.output, part, attempt.control)
    }
  }

  /// The outcome of work without a process that ended well, once its gate has been asked.
  func pass(
    _ gate: Gate, _ work: JobOutcome, of job: LiveJob, attempt number: Int, _ control: AttemptControl
  ) async -> JobOutcome {
    let id = job.state.record.id
    let output: OutputFile
    let start: Int
    switch await openOutput(id) {
    case .success(let opened): (output, start) = opened
    case .failure(let fault): return refused(work, fault.sentence)
    }
    guard case .command(let command) = gate.check else {
      if control.isStopped(.first) { return stoppedAtGate(id, work) }
      return await ask(gate, work, id, output, AttemptControl.Part(isGate: true), control)
    }
    let attempt = CommandAttempt(job: job, work: command, number: number, control: control)
    return await pass(gate, work, CommandAttempt.Copy(number: .first, output: output, start: start), of: attempt)
  }

  private func verdict(
    _ report: CommandReport, _ gate: Gate, _ work: JobOutcome, _ output: OutputFile, from start: Int, _ id: JobID
  ) -> JobOutcome {
    let (wish, redaction) = look { ($0.jobs[id]?.wish, $0.redaction) }
    let said = (try? output.extent(from: start)) ?? OutputExtent(start: start, end: start)
    let verdict = JobSentences.outcome(
      report, wish: wish, limit: gate.timeLimit, lastLine: JobSentences.lastLine(of: output, in: said, redaction))
    var work = work
    work.leaked += report.leaked
    if verdict.status == .completed { return work }
    switch report.stop {
    case .request, .requestToLeader: return stoppedAtGate(id, work)
    default: return refused(work, verdict.error ?? verdict.reason.rawValue)
    }
  }

  /// Asks a gate that is a function of the script.
  private func ask(
    _ gate: Gate, _ work: JobOutcome, _ id: JobID, _ output: OutputFile, _ part: AttemptControl.Part,
    _ control: AttemptControl
  ) async -> JobOutcome {
    let wouldBe = look { state -> JobRecord? in
      guard var job = state.jobs[id]?.state, job.record.status == .running else { return nil }
      return job.apply(.ended(work), at: .now()).record
    }
    guard var wouldBe else { return stoppedAtGate(id, work) }
    wouldBe.outputFile = output.path
    let gateRun = FunctionRun(timeLimit: gate.timeLimit, grace: functionGrace)
    control.begins(part) { cause, _ in gateRun.stop(cause) }
    defer { control.ended(part) }
    let report = await gateRun.run { [self, wouldBe] in await callFunction(of: wouldBe, .gate) }.redacted(
      by: look { $0.redaction })
    switch (report.stop, report.outcome) {
    case (.timeLimit, _):
      return refused(work, "it took longer than its \(JobSentences.text(gate.timeLimit))")
    case (.some, _): return stoppedAtGate(id, work)
    case (nil, .returned), (nil, .decided):
      mark(output, "GATE", "passed")
      return work
    case (nil, .raised(let message, let traceback)):
      mark(output, "GATE", "refused")
      try? output.append(Array((traceback.isEmpty ? message + "\n" : "\(message)\n\(traceback)\n").utf8))
      return refused(work, Escaping.line(message, limit: 2_000))
    case (nil, .cancelled), (nil, nil):
      return .cancelled(by: "script", why: "the part of the script that it belongs to ended")
    }
  }

  private func refused(_ work: JobOutcome, _ why: String) -> JobOutcome {
    var outcome = JobOutcome.failed(
      .gateFailed, error: "its gate failed: \(why)", exitCode: work.exitCode, data: work.data)
    outcome.output = work.output
    outcome.leaked = work.leaked
    return outcome
  }

  /// The work had ended well, and somebody made the job end before its gate had passed.
  private func stoppedAtGate(_ id: JobID, _ work: JobOutcome) -> JobOutcome {
    var outcome = JobSentences.ended(by: look { $0.jobs[id]?.wish }, hadBegun: true)
    outcome.output = work.output
    outcome.leaked = work.leaked
    return outcome
  }

  /// A line of ours in a log. Without room for it the log has one line less, and the job is none the worse.
  func mark(_ output: OutputFile, _ name: String, _ text: String) {
    _ = try? output.appendMarker(name, look { $0.redaction }.text(text))
  }
}
