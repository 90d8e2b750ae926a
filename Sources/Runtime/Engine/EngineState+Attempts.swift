import Jobs

// The attempts of a job: begun, ended, repeated, and what becomes of it after the last.
extension EngineState {
  /// An attempt is about to begin. Nil: the job is not to begin any more, and has been ended.
  mutating func attemptBegins(_ id: JobID) -> LiveJob? {
    guard let job = jobs[id], job.phase == .active else { return nil }
    guard let wish = job.wish else { return job }
    end(id, JobSentences.ended(by: wish, hadBegun: job.state.record.attempts > 0))
    return nil
  }

  /// What is executed from here on. If somebody wanted the job to end meanwhile, it is stopped at once.
  mutating func executes(_ id: JobID, _ execution: AttemptControl, scan: LiveJob.ProgressScan? = nil) {
    jobs[id]?.execution = execution
    jobs[id]?.scan = scan
    if scan != nil { commands.insert(id) }
    if let wish = jobs[id]?.wish { outbox.append(.stop(execution, wish.cause, atOnce: false)) }
  }

  /// A process of the attempt runs. The first counts.
  mutating func began(_ id: JobID, _ process: StartedProcess) {
    guard let job = jobs[id], job.phase == .active, job.state.record.status != .running else { return }
    step(id, .started(process))
  }

  /// An attempt has ended, and this would be the job's outcome. `hadWork`: its work has begun.
  mutating func attemptEnded(_ id: JobID, _ outcome: JobOutcome, hadWork: Bool) {
    guard var job = jobs[id], job.phase == .active else { return }
    let isOpen = job.wish == nil
    let mayHelp = isOpen && job.spec.mayRetry(after: outcome, hadWork: hadWork)
    let escalates = isOpen && mayEscalate(job, outcome)
    let decision = job.retry.attemptEnded(mayHelp: mayHelp)
    jobs[id]?.retry = job.retry
    jobs[id]?.execution = nil
    jobs[id]?.scan = nil
    commands.remove(id)
    // What could not be started was tried as well, where it is tried again.
    if mayHelp || escalates, job.state.record.status != .running { step(id, .started(pid: nil, pidStarted: nil)) }
    if case .again(let delay) = decision {
      rest(id, after: outcome)
      outbox.append(.rest(id, delay))
    } else if isOpen, hadWork, deferToTheEnd(id, outcome) {
      // It is tried again alone.
    } else if escalates {
      jobs[id]?.escalations += 1
      rest(id, after: outcome)
      outbox.append(.escalate(id, outcome))
    } else {
      finish(id, outcome)
    }
  }

  private mutating func rest(_ id: JobID, after outcome: JobOutcome) {
    step(id, .retrying(outcome))
    jobs[id]?.phase = .resting
    leavePool(id)
  }

  /// The time between two attempts is over.
  mutating func restIsOver(_ id: JobID) {
    guard jobs[id]?.phase == .resting else { return }
    jobs[id]?.timer = nil
    step(id, .queued)
    line(id)
  }

  // MARK: After the last attempt

  private func mayEscalate(_ job: LiveJob, _ outcome: JobOutcome) -> Bool {
    job.spec.escalation != nil && (outcome.status == .failed || outcome.status == .timedOut)
      && job.escalations < Escalation.most
  }

  /// It was decided what becomes of a job whose last attempt ended with this outcome. `output`: where the result lies that
  /// the decision brought.
  mutating func escalated(_ id: JobID, _ outcome: JobOutcome, _ decision: Escalation, output: OutputExtent?) {
    guard jobs[id]?.phase == .resting else { return }
    switch decision {
    case .retry: tryOnceMore(id)
    case .replace(let replacement):
      if let job = jobs[id] {
        let spec = replacement.applied(to: job.spec)
        learnSecrets(of: [spec])
        jobs[id]?.spec = spec
        if replacement.cwd != nil { jobs[id]?.folder = spec.folder }
      }
      tryOnceMore(id)
    case .accept(_, let data):
      var accepted = JobOutcome.completed(data: data.flatMap { JSONText(validating: $0) })
      accepted.output = output
      accepted.leaked = outcome.leaked
      step(id, .resumed)
      finish(id, accepted)
    case .stand: finish(id, outcome)
    case .undecided(let sentence):
      var failed = outcome
      failed.error = [outcome.error, sentence].compactMap { $0 }.joined(separator: "; ")
      finish(id, failed)
    }
  }

  private mutating func tryOnceMore(_ id: JobID) {
    jobs[id]?.retry.allowOneMore()
    restIsOver(id)
  }
}

// MARK: - Slots of second copies

extension EngineState {
  /// A slot for a second copy of a job that holds one, if nobody waits for it.
  mutating func takeSpareSlot(_ id: JobID) -> Bool {
    guard jobs[id] != nil, machineLine.isEmpty, machine.take() else { return false }
    if scheduler.takeSpare(id) { return true }
    machine.give()
    return false
  }

  /// Gives it back.
  mutating func returnSpareSlot(_ id: JobID) {
    returnMachineSlot()
    start(scheduler.returnSpare(id))
  }
}
