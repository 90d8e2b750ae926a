internal import Agents
import Jobs
internal import Models

// Attempts of model agents.
extension JobEngine {
  /// How long an agent may take that says nothing of it, and how long its model may be silent.
  static let agentTimeLimit = Duration.seconds(30 * 60)
  static let agentIdleLimit = Duration.seconds(10 * 60)

  func runAgent(_ job: LiveJob, _ original: String) async {
    let id = job.state.record.id
    let output: OutputFile
    let start: Int
    switch await openOutput(id) {
    case .success(let opened): (output, start) = opened
    case .failure(let fault):
      perform { $0.attemptEnded(id, .failed(.spawnFailed, error: fault.sentence), hadWork: false) }
      return
    }
    let limit = job.spec.timeout ?? agents.timeLimit ?? JobEngine.agentTimeLimit
    let bounded = BoundedRun<AgentVerdict>(
      timeLimit: limit, idleLimit: job.spec.limits.idle ?? JobEngine.agentIdleLimit, grace: functionGrace)
    let control = AttemptControl()
    control.begins(AttemptControl.Part()) { cause, _ in bounded.stop(cause) }
    let record = perform { state -> JobRecord? in
      state.step(id, .started(pid: nil, pidStarted: nil))
      state.executes(id, control, scan: LiveJob.ProgressScan(offset: start))
      return state.jobs[id]?.state.record
    }
    guard let record else { return }
    let transcript = AgentTranscript(output) { [self] in look { $0.redaction } }
    let attempt = AgentAttempt(
      engine: self, job: job, number: record.attempts, transcript: transcript, bounded: bounded, control: control,
      logLimit: job.spec.limits.output.map { start + $0 })
    let report = await bounded.run { await attempt.run(original) }
    control.ended(AttemptControl.Part())
    scanProgress(id, isLast: true)
    let (wish, redaction) = look { ($0.jobs[id]?.wish, $0.redaction) }
    let extent = OutputExtent(start: start, end: transcript.size)
    var outcome = JobSentences.outcome(
      report, wish: wish, limit: limit,
      lastLine: transcript.hasSpoken ? JobSentences.lastLine(of: output, in: extent, redaction) : nil)
    // What it said last, if nothing better comes.
    outcome.output = OutputExtent(start: transcript.lastWords ?? extent.end, end: extent.end)
    if case .ended(let end) = report.outcome {
      parkIfNeeded(id, end, &outcome)
      if end.isCutOff { transcript.mark("LIMIT", "the answer is cut off: the model had no more tokens for it") }
      for words in end.unheard { transcript.mark("STEER", "came too late: \(words)") }
      if case .answered(let text, _) = end.result, outcome.status == .completed {
        outcome.output = transcript.answer(text)
      }
    }
    if let fault = transcript.fault, outcome.status == .completed {
      // What it said would be lost without a word.
      outcome = .failed(.outputLimit, error: OutputFault(fault).sentence)
    }
    outcome.usage = attempt.usage
    if outcome.status == .completed, let gate = job.spec.gate {
      outcome = await pass(gate, outcome, of: job, attempt: record.attempts, control)
    }
    var hadWork = true
    if case .notBegun = report.outcome { hadWork = false }
    perform { [outcome, hadWork] state in
      // It may have been stopped while it waited.
      state.agentGoesOn(id)
      state.attemptEnded(id, outcome, hadWork: hadWork)
    }
  }

  /// An allowance is used up that comes back later, and nobody is to wait for it here: the run ends, and tells so.
  private func parkIfNeeded(_ id: JobID, _ end: AgentEnd, _ outcome: inout JobOutcome) {
    guard case .failed(.model(.parked(let error))) = end.result, outcome.status == .failed else { return }
    let sentence = Escaping.line(error.description, limit: 500)
    outcome = .cancelled(by: "agentscript", why: "parked until the quota comes back: \(sentence)")
    perform { $0.tell(.parked(sentence), of: id) }
  }

  /// The accounts that a job's model calls are paid from: its own, those of the agents whose work it is, its group's, the
  /// run's.
  func accounts(of job: LiveJob) -> [String] {
    var accounts: [String] = []
    var next: LiveJob? = job
    while let job = next {
      accounts.append(job.state.record.id.rawValue)
      if let group = job.membership?.group { accounts.append(group) }
      let parent = job.state.record.parent
      next = job.spec.agentDepth > 0 ? parent.flatMap { id in look { $0.jobs[id] } } : nil
    }
    return accounts + [AgentDesk.runAccount]
  }

  /// Talks to an agent that runs; false if there is none.
  func steer(_ id: JobID, _ text: String) -> Bool { agents.steer(id, text) }

  // MARK: Agents of agents

  /// Runs a job for an agent, and returns its record when it has ended. Cancelling the Swift task cancels the job.
  func runSubAgent(_ spec: TaskSpec) async -> JobRecord {
    let id = submit(spec).id
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ended = perform { state -> JobRecord? in
          guard state.jobs[id] != nil else { return state.endedAgents.removeValue(forKey: id) }
          state.agentWaiters[id] = continuation
          return nil
        }
        if let ended { continuation.resume(returning: ended) }
      }
    } onCancel: {
      cancel(id, by: "agentscript", reason: "the agent that it worked for ended")
    }
  }
}
