internal import Clocks
internal import Jobs
import Synchronization

/// Runs the jobs of one run: takes them in, gives them slots, executes them, tries again what may be tried again, and tells
/// of every step.
///
/// Promises:
/// - A job is in the registry, durably, before its work begins; its end is durable, with its files, before anybody hears.
/// - Each job's notices come in order, and the last is its end, exactly once.
/// - Commands take a slot of the pool each, in the order in which they became ready; functions take none.
/// - What outlives a job's process is ended after it; `drain` waits for that too.
///
/// The run must be in the registry (`Registry.begin`) before the first submission, and is ended by whoever began it. Every
/// function may be called from any thread and returns at once unless it is `async`; the observer is called on any thread,
/// by one at a time, and may call the engine.
final class JobEngine: Sendable {
  /// Calls a function of a job. The Swift task that calls it is cancelled when the function is to end.
  typealias FunctionRunner = @Sendable (JobRecord, FunctionCall) async -> FunctionOutcome

  /// How long a function may take to end once it was told to, beyond what commands get.
  private static let functionPatience = 2

  let registry: Registry
  let run: RunRecord
  let backend: LocalBackend
  let worktrees: Worktrees
  let functionGrace: Duration
  let pressureLimits: Pressure.Limits
  /// What the commands may touch whose tasks say nothing of it.
  let sandbox: SandboxChoice
  private let functionRunner: FunctionRunner
  /// Commands are told, and not executed.
  let isDryRun: Bool
  /// What answers prompts.
  let agents: AgentDesk
  private let observer: @Sendable (JobNotice) -> Void
  private let state: Mutex<EngineState>
  private let environment = Mutex<JobEnvironment?>(nil)

  /// An engine for a run. It starts nothing and opens nothing until a job is submitted. Processes that are to end get
  /// `grace` between TERM and KILL. `isAutomatic`: how many jobs run at once is found out.
  init(
    state directory: StateDirectory, registry: Registry, run: RunRecord, maxConcurrent: Int = 10,
    isAutomatic: Bool = false,
    maxPerAgent: [String: Int] = [:], grace: Duration = .seconds(5), secrets: RunSecrets = RunSecrets(),
    pressureLimits: Pressure.Limits = Pressure.Limits(), sandbox: SandboxChoice = .none,
    machine: MachineSlots = .ofThisProcess, agents: AgentDesk = AgentDesk(),
    isDryRun: Bool = false,
    runFunction: @escaping FunctionRunner,
    observer: @escaping @Sendable (JobNotice) -> Void
  ) {
    self.registry = registry
    self.run = run
    functionRunner = runFunction
    self.agents = agents
    self.isDryRun = isDryRun
    self.pressureLimits = pressureLimits
    self.sandbox = sandbox
    self.observer = observer
    backend = LocalBackend(grace: grace)
    worktrees = Worktrees(directory, run: run.id) { JobEnvironment() }
    functionGrace = grace * JobEngine.functionPatience
    let governor = isAutomatic ? LoadGovernor(cores: MachineLoadMeter.cores, thresholds: .usual) : nil
    state = Mutex(
      EngineState(
        run: run, directory: directory, slots: governor?.usual ?? max(1, maxConcurrent), machine: machine,
        secrets: secrets))
    perform { state in
      state.governors[.pool] = governor
      for (agent, limit) in maxPerAgent { _ = state.scheduler.setLimit(.agent(agent), max(1, limit)) }
    }
    let reason = Pressure.now(folder: directory.path).reason(pressureLimits, running: 0)
    if reason != nil { perform { $0.hold(reason) } }
  }

  // MARK: Submitting

  /// Takes a job in under an id of its own making, and returns its record, which is `queued`. For a spec with an id of the
  /// caller's there is `submitChecked`.
  func submit(_ spec: TaskSpec) -> JobRecord {
    precondition(spec.id == nil, "whether the id \(spec.id?.rawValue ?? "") is free must be asked: use submitChecked")
    return perform { state in
      let job = state.draft(spec)
      state.take(spec, job, isRecorded: false)
      return job.record
    }
  }

  /// Takes a job in under the id that the caller gave, once it is recorded. Throws if the id is used, or if the job cannot
  /// be recorded; it does not run then.
  func submitChecked(_ spec: TaskSpec) async throws(TaskError) -> JobRecord {
    guard let id = spec.id else { return submit(spec) }
    let (job, cancellations, redaction) = perform { ($0.draft(spec), $0.cancellations, $0.redaction) }
    try JobEngine.refuseSecret(in: [id], redaction)
    try await recordIntent([job.submission])
    return perform { state in
      state.take(spec, job, isRecorded: true)
      if state.cancellations != cancellations { state.cancel(job.record.id, state.lastWish) }
      return job.record
    }
  }

  /// Takes a group in, once its jobs are recorded. Throws if its tasks do not fit together, if an id is used, or if they
  /// cannot be recorded; none of them runs then.
  ///
  /// A member's job is named and its id is made by its key; an id of the spec's own is taken as it is.
  func submitGroup(_ asked: GroupSpec) async throws(TaskError) -> GroupRecord {
    let group = try asked.isolated()
    let plan = try group.plan()
    let conflicts = try group.conflicts()
    try group.refuseConflicts(conflicts, plan)
    let (id, jobs, cancellations, redaction) = perform {
      ($0.nextGroupID(), $0.drafts(group, plan), $0.cancellations, $0.redaction)
    }
    try JobEngine.refuseSecret(in: jobs.map(\.id), redaction)
    let states = jobs.enumerated().map { index, draft in
      var record = draft
      record.group = id
      return JobState(submitting: record, isReady: plan.dependencies[index].isEmpty, at: .now(), redaction: redaction)
    }
    try await recordIntent(states.map(\.submission))
    let live = LiveGroup(
      group, plan: plan, ids: states.map(\.record.id),
      keys: zip(group.members, states).map { $0.key ?? $1.record.id.rawValue },
      durations: expectedDurations(of: group, plan, redaction))
    let given = try givenRecords(of: group)
    if let budget = group.budget { agents.setLimit(budget, of: id) }
    perform { state in
      state.take(live, id: id, group, states, given: given, conflicts: conflicts)
      if state.cancellations != cancellations { state.cancelGroup(id, state.lastWish) }
    }
    return GroupRecord(id: id, jobs: states.map(\.record), waves: plan.waves)
  }

  /// What the scheduler makes of earlier runs: where nothing waits for anything, nothing.
  private func expectedDurations(of group: GroupSpec, _ plan: GroupPlan, _ redaction: Redaction) -> [Double?] {
    let nothing = [Double?](repeating: nil, count: group.members.count)
    return plan.waves.count > 1 ? registry.expectedDurations(of: group, redaction) ?? nothing : nothing
  }

  /// The records of the jobs of earlier groups that templates may name.
  private func givenRecords(of group: GroupSpec) throws(TaskError) -> [JobID: JobRecord] {
    var records: [JobID: JobRecord] = [:]
    for id in Set(group.members.flatMap(\.given.values)) {
      do throws(RegistryError) { records[id] = try registry.job(id) } catch {
        throw TaskError(code: .storage, description: error.description)
      }
    }
    return records
  }

  /// An id is the name of files, and cannot stand there with a part replaced. Those of our own making hold no secret.
  private static func refuseSecret(in ids: [JobID], _ redaction: Redaction) throws(TaskError) {
    for id in ids {
      let shown = redaction.text(id.rawValue)
      if shown == id.rawValue { continue }
      throw TaskError(
        code: .secretID, description: "the id '\(shown)' holds the value of a secret variable: choose another id")
    }
  }

  private func recordIntent(_ changes: [JobChange]) async throws(TaskError) {
    guard !changes.isEmpty else { return }
    do throws(RegistryError) {
      try await registry.commit(changes)
    } catch {
      if case .idTaken = error.code { throw TaskError(code: .usedID, description: error.description) }
      throw TaskError(code: .storage, description: error.description)
    }
  }

  // MARK: What runs

  /// Makes a job end, whoever waits for it; its notice comes when it has. A job that has ended, that nobody knows, or that
  /// was cancelled before is left as it is.
  /// `keepsChildren`: only its first process is told, and what that has started goes on until the run ends.
  func cancel(_ id: JobID, by: String, reason: String, keepsChildren: Bool = false) {
    perform { $0.cancel(id, LiveJob.Wish(kind: .request, by: by, reason: reason, keepsChildren: keepsChildren)) }
  }

  /// Makes a group end: what has not begun will not, and what runs is cancelled.
  func cancelGroup(_ id: String, by: String, reason: String) {
    perform { $0.cancelGroup(id, LiveJob.Wish(kind: .request, by: by, reason: reason)) }
  }

  /// Makes all jobs end. `atOnce` kills their processes without a time of grace, those too that were asked to end before.
  func cancelAll(by: String, reason: String, atOnce: Bool = false) {
    perform { $0.cancelAll(by: by, reason: reason, atOnce: atOnce) }
  }

  /// A job's function tells how far it is, from 0 to 1, or what it is doing: a line in its log and a notice. Nothing happens
  /// for a job that does not run.
  func progress(_ id: JobID, fraction: Double?, text: String?) {
    report(id, ProgressReport(fraction: fraction, text: text))
  }

  /// The records of the jobs that have not ended, in no order.
  var liveJobs: [JobRecord] { state.withLock { $0.jobs.values.map(\.state.record) } }

  /// Returns when no job of this run is live, nothing is left of their processes, and every notice has been given.
  func drain() async {
    await withCheckedContinuation { continuation in
      perform { state in
        if state.jobs.isEmpty {
          state.outbox.append(.resume([continuation]))
        } else {
          state.drainers.append(continuation)
        }
      }
    }
    await backend.drain()
  }

  // MARK: The script's functions

  /// Calls a function of the script: it finds all told that has happened so far, its own job's start as well.
  func callFunction(of record: JobRecord, _ call: FunctionCall) async -> FunctionOutcome {
    await withCheckedContinuation { continuation in perform { $0.outbox.append(.resume([continuation])) } }
    return await functionRunner(record, call)
  }

  // MARK: Effects

  /// Changes the state, and does what follows from it.
  @discardableResult
  func perform<Result: Sendable>(_ body: (inout EngineState) -> Result) -> Result {
    let result = state.withLock { body(&$0) }
    deliver()
    return result
  }

  /// Reads the state.
  func look<Result: Sendable>(_ body: (borrowing EngineState) -> Result) -> Result { state.withLock { body($0) } }

  private func deliver() {
    while true {
      let effects = state.withLock { state -> [EngineState.Effect] in
        guard !state.isDelivering, !state.outbox.isEmpty else { return [] }
        state.isDelivering = true
        defer { state.outbox = [] }
        return state.outbox
      }
      if effects.isEmpty { return }
      for effect in effects { carryOut(effect) }
      state.withLock { $0.isDelivering = false }
    }
  }

  private func carryOut(_ effect: EngineState.Effect) {
    switch effect {
    case .notice(let notice): observer(notice)
    case .recordIntent(let changes):
      registry.commit(changes) { [self] result in
        let intent: LiveJob.Intent =
          switch result {
          case .success: .durable
          case .failure(let error): .failed(error)
          }
        perform { $0.intentSettled(changes, intent) }
      }
    case .note(let change): registry.note([change])
    case .recordEnd(let finished): recordEnd(finished)
    // As attempts are: the live job holds them.
    case .settle(let id, let outcome, let moment): Task { await settle(id, outcome, moment) }
    case .merge(let group): Task { await merge(group: group) }
    // These tasks are held by the live job: it cannot end before they do, and `drain` waits for it.
    case .attempt(let id): Task { await attempt(id) }
    case .stop(let attempt, let cause, let atOnce): attempt.stop(cause, atOnce: atOnce)
    case .rest(let id, let time): rest(id, time)
    case .escalate(let id, let outcome): escalate(id, outcome)
    case .ask(let record):
      // Held by the live job, as attempts are.
      Task {
        let answer = await callFunction(of: record, .condition)
        perform { $0.answered(record.id, answer) }
      }
    case .groupTimer(let id, let time): startTimer(ofGroup: id, time)
    case .startTicker: Task { await tick() }
    case .pollMachine:
      // Held by the job that waits.
      Task {
        try? await Task.pause(for: .milliseconds(Int.random(in: 35...65)))
        perform { $0.pollMachine() }
      }
    case .resume(let continuations): for continuation in continuations { continuation.resume() }
    case .tellEnd(let continuation, let record): continuation.resume(returning: record)
    case .tellIntent(let continuations, let intent):
      for continuation in continuations { continuation.resume(returning: intent) }
    }
  }

  /// The environment that this process had when its first command was started.
  func inheritedEnvironment() -> JobEnvironment {
    environment.withLock { environment in
      if let environment { return environment }
      let captured = JobEnvironment()
      environment = captured
      return captured
    }
  }
}
