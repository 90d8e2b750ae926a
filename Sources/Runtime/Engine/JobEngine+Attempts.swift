import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// One attempt of a job, from its slot to its outcome.
extension JobEngine {
  /// Makes one attempt. The job is in the phase `active` all the time.
  func attempt(_ id: JobID) async {
    if let error = await intentFault(id) {
      let outcome = JobOutcome.failed(
        .spawnFailed, error: "not started: the job could not be recorded: \(error)")
      perform { $0.endUnrecorded(id, outcome) }
      return
    }
    guard let job = perform({ $0.attemptBegins(id) }) else { return }
    switch job.spec.work {
    case .shell(let line): await runCommand(job, .shell(line))
    case .arguments(let words): await runCommand(job, .arguments(words))
    case .function: await runFunction(job)
    case .prompt: perform { $0.end(id, JobSentences.noProvider(job.spec.agent)) }
    }
  }

  /// Waits until the registry knows the job; returns why it does not, once that has been tried long enough.
  private func intentFault(_ id: JobID) async -> RegistryError? {
    var patience = StorageBackoff()
    while true {
      let intent = await withCheckedContinuation { continuation in
        let settled = perform { state -> LiveJob.Intent? in
          guard let job = state.jobs[id] else { return .durable }
          guard case .writing = job.intent else { return job.intent }
          state.jobs[id]?.intentWaiters.append(continuation)
          return nil
        }
        if let settled { continuation.resume(returning: settled) }
      }
      guard case .failed(let error) = intent else { return nil }
      guard let pause = patience.pause(after: error) else { return error }
      // Never cancelled: see EngineState.Effect.attempt.
      try? await Task.sleep(for: pause)
      perform { $0.rewriteIntent(id) }
    }
  }

  // MARK: Commands

  private func runCommand(_ job: LiveJob, _ work: CommandOrder.Work) async {
    let record = job.state.record
    let output: OutputFile
    let start: Int
    switch await openOutput(job) {
    case .success(let opened): (output, start) = opened
    case .failure(let fault):
      perform { $0.end(record.id, .failed(.spawnFailed, error: fault.sentence)) }
      return
    }
    if let fault = JobEnvironment.fault(in: job.spec.environment) {
      perform { $0.end(record.id, .failed(.spawnFailed, error: fault)) }
      return
    }
    var order = CommandOrder(
      job: record.id, run: run.id, attempt: record.attempts + 1, work: work, workingDirectory: record.cwd,
      environment: inheritedEnvironment().entries(
        changes: job.spec.environment, job: record.id.rawValue, run: run.id.rawValue, attempt: record.attempts + 1),
      input: job.spec.stdin.bytes, output: output, timeLimit: job.spec.timeout)
    order.limits = job.spec.limits
    order.hasTerminal = job.spec.hasTerminal
    order.sandbox = (job.spec.sandbox ?? sandbox).policy
    order.stateDirectory = registry.directory.path
    order.outputStart = start
    let handle = backend.submit(order) { [self] in warn(record.id, $0) }
    perform { $0.executes(record.id, .command(handle), scan: LiveJob.ProgressScan(offset: start)) }
    await follow(handle, of: job, output, from: start)
  }

  /// Tells that a limit is nearly reached, as progress of the job.
  private func warn(_ id: JobID, _ sentence: String) {
    perform { $0.progressed(id, [ProgressReport(fraction: nil, text: "warning: \(sentence)")]) }
  }

  private func follow(_ handle: LocalBackend.Handle, of job: LiveJob, _ output: OutputFile, from start: Int) async {
    let id = job.state.record.id
    var status = ExecutionStatus.submitted
    while true {
      status = await backend.poll(handle, after: status)
      switch status {
      case .submitted: continue
      case .running(let process): perform { $0.step(id, .started(process)) }
      case .ended(let report):
        if let process = report.process {
          perform { if $0.jobs[id]?.state.record.status != .running { $0.step(id, .started(process)) } }
        }
        scanProgress(id, isLast: true)
        let extent = (try? output.extent(from: start)) ?? OutputExtent(start: start, end: start)
        let (wish, redaction) = look { ($0.jobs[id]?.wish, $0.redaction) }
        var outcome = JobSentences.outcome(
          report, wish: wish, limit: job.spec.timeout,
          lastLine: JobSentences.lastLine(of: output, in: extent, redaction))
        outcome.output = extent
        let mayHelp = report.process != nil && outcome.status != .completed
        perform { [outcome] in $0.attemptEnded(id, outcome, mayHelp: mayHelp) }
        return
      }
    }
  }

  // MARK: Functions

  private func runFunction(_ job: LiveJob) async {
    let id = job.state.record.id
    let functionRun = FunctionRun(timeLimit: job.spec.timeout, grace: functionGrace)
    let record = perform { state -> JobRecord? in
      state.step(id, .started(pid: nil, pidStarted: nil))
      state.executes(id, .function(functionRun))
      return state.jobs[id]?.state.record
    }
    guard let record else { return }
    let call = runFunction
    let report = await functionRun.run { await call(record, .attempt(record.attempts)) }.redacted(by: look { $0.redaction })
    let wish = look { $0.jobs[id]?.wish }
    var outcome = JobSentences.outcome(report, wish: wish, limit: job.spec.timeout)
    switch await write(report, of: job) {
    case .success(let extent): outcome.output = extent
    case .failure(let fault):
      // Its value would be lost without a word.
      if outcome.status == .completed { outcome = .failed(.outputLimit, error: fault.sentence) }
    }
    let mayHelp = outcome.status == .failed || outcome.status == .timedOut
    perform { [outcome] in $0.attemptEnded(id, outcome, mayHelp: mayHelp) }
  }

  /// Puts what a function said, or why it failed, into its job's log.
  private func write(_ report: FunctionRun.Report, of job: LiveJob) async -> Result<OutputExtent, OutputFault> {
    let text: [UInt8] =
      switch report.outcome {
      case .returned(let output, _): output
      case .raised(let message, let traceback): Array((message + "\n" + traceback).utf8)
      case .cancelled, nil: []
      }
    let opened = await openOutput(job)
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

  // MARK: Output files

  /// Why a job's output has nowhere to go.
  struct OutputFault: Error {
    let sentence: String

    init(_ error: SystemCallError) {
      let isFull = error.number == ENOSPC || error.number == EDQUOT
      var info = statvfs()
      let folder = error.path.lastIndex(of: "/").map { String(error.path[..<$0]) } ?? "."
      if isFull, statvfs(folder, &info) == 0 {
        let free = UInt64(info.f_bavail) * UInt64(info.f_frsize)
        sentence = "the disk is full: \(error.path) could not be written (\(free) bytes are free)"
      } else {
        sentence = "the output file could not be written: \(error)"
      }
    }
  }

  /// The job's output file, made if it has none yet, and where this attempt's output begins. Waits for descriptors that
  /// others will give back.
  private func openOutput(_ job: LiveJob) async -> Result<(OutputFile, Int), OutputFault> {
    var patience = SpawnPatience()
    while true {
      do throws(SystemCallError) {
        let output = try outputFile(of: job.state.record.id)
        return .success((output, try output.size()))
      } catch {
        guard let pause = patience.pause(after: error.number) else { return .failure(OutputFault(error)) }
        // Never cancelled: see EngineState.Effect.attempt.
        try? await Task.sleep(for: pause)
      }
    }
  }

  /// The output file of a live job, made now if it has none yet.
  func outputFile(of id: JobID) throws(SystemCallError) -> OutputFile {
    let (known, record) = look { ($0.jobs[id]?.output, $0.jobs[id]?.state.record) }
    if let known { return known }
    guard let record, let path = record.outputFile else {
      throw SystemCallError(call: "open", path: id.rawValue, number: ENOENT)
    }
    let title = record.description ?? record.name ?? record.command ?? id.rawValue
    let made = try OutputFile(creatingAt: path, description: title)
    perform { $0.jobs[id]?.output = made }
    return made
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
